package io.tally.protocol.gateway;

import io.tally.protocol.listener.Carrier.Identity;
import java.security.GeneralSecurityException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/** Who a client is by its certificate, and who has issued one. */
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

    /**
     * A chain with the certificates behind it that are found among others: each that of the issuer before, but not the
     * self-signed one, which the other end has to have anyway.
     */
    static List<X509Certificate> chain(List<X509Certificate> begin, List<X509Certificate> others) {
        List<X509Certificate> chain = new ArrayList<>(begin);
        X509Certificate next = issuer(chain.get(chain.size() - 1), others);
        while (next != null && !next.getSubjectX500Principal().equals(next.getIssuerX500Principal())) {
            if (chain.contains(next)) {
                break;
            }
            chain.add(next);
            next = issuer(next, others);
        }
        return chain;
    }

    private static @Nullable X509Certificate issuer(X509Certificate issued, List<X509Certificate> candidates) {
        for (X509Certificate candidate : candidates) {
            if (candidate.getSubjectX500Principal().equals(issued.getIssuerX500Principal())) {
                try {
                    issued.verify(candidate.getPublicKey());
                    return candidate;
                } catch (GeneralSecurityException e) {
                    // One of the same name.
                }
            }
        }
        return null;
    }

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
