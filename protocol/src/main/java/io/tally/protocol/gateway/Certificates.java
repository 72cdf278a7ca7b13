package io.tally.protocol.gateway;

import io.tally.protocol.listener.Carrier.Identity;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Map;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/** Who a client is by its certificate. */
final class Certificates {
    /** Names as OpenSSL writes them where RFC 2253 has only numbers. */
    private static final Map<String, String> NAMES = Map.of(
            "1.2.840.113549.1.9.1", "emailAddress",
            "2.5.4.4", "SN",
            "2.5.4.5", "serialNumber",
            "2.5.4.12", "title",
            "2.5.4.42", "GN",
            "2.5.4.43", "initials",
            "2.5.4.46", "dnQualifier");

    private Certificates() {}

    /** The user name that the client's certificate stands for; null without a certificate, or when it has none. */
    static @Nullable String identity(SSLSession session, Identity identity) {
        try {
            Certificate[] chain = session.getPeerCertificates();
            X500Principal subject = ((X509Certificate) chain[0]).getSubjectX500Principal();
            String name = identity == Identity.COMMON_NAME
                    ? commonName(subject)
                    : subject.getName(X500Principal.RFC2253, NAMES);
            return name == null || name.isEmpty() || name.indexOf('\0') >= 0 ? null : name;
        } catch (SSLPeerUnverifiedException e) {
            return null;
        }
    }

    /** The first one, as the certificate has them. */
    private static @Nullable String commonName(X500Principal subject) {
        try {
            for (Rdn rdn : new LdapName(subject.getName(X500Principal.RFC2253)).getRdns()) {
                if (rdn.getType().equalsIgnoreCase("CN") && rdn.getValue() instanceof String value) {
                    return value;
                }
            }
            return null;
        } catch (InvalidNameException e) {
            return null;
        }
    }
}
