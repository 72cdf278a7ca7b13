package io.tally.protocol.gateway;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.PublicKey;
import java.security.SignatureException;
import java.security.cert.CRL;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXCertPathBuilderResult;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Date;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Which clients' certificates are trusted: those that lead to one of the authorities, are made for clients, in date and
 * not revoked. A certificate whose issuer has no valid revocation list is refused where lists are given. Any thread.
 */
final class ClientTrust extends X509ExtendedTrustManager {
    private static final String FOR_CLIENTS = "1.3.6.1.5.5.7.3.2";
    private static final String FOR_ANYTHING = "2.5.29.37.0";

    private final Set<TrustAnchor> anchors = new HashSet<>();
    private final X509Certificate[] authorities;
    private final List<CRL> revocations;
    private final boolean datesIgnored;

    /** @param revocations empty = revocation is not looked at */
    ClientTrust(List<X509Certificate> authorities, List<CRL> revocations, boolean datesIgnored) {
        this.authorities = authorities.toArray(X509Certificate[]::new);
        this.revocations = revocations;
        this.datesIgnored = datesIgnored;
        authorities.forEach(authority -> anchors.add(new TrustAnchor(authority, null)));
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        X509Certificate client = chain[0];
        List<String> usage = client.getExtendedKeyUsage();
        if (usage != null && !usage.contains(FOR_CLIENTS) && !usage.contains(FOR_ANYTHING)) {
            throw new CertificateException("the certificate is not made for clients");
        }
        try {
            build(client, chain);
        } catch (GeneralSecurityException e) {
            Throwable why = e.getCause() == null ? e : e.getCause();
            throw new CertificateException(client.getSubjectX500Principal() + ": " + why.getMessage(), e);
        }
    }

    @SuppressWarnings("JavaUtilDate") // It is what certificates have.
    private void build(X509Certificate client, X509Certificate[] chain) throws GeneralSecurityException {
        X509CertSelector selector = new X509CertSelector();
        selector.setCertificate(client);
        PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, selector);
        parameters.addCertStore(
                CertStore.getInstance("Collection", new CollectionCertStoreParameters(Arrays.asList(chain))));
        parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(revocations)));
        Date now = new Date();
        Date nearest = datesIgnored ? nearest(now, client) : now;
        parameters.setDate(nearest);
        CertPathBuilder builder = CertPathBuilder.getInstance("PKIX");
        boolean isInDate = nearest.getTime() == now.getTime();
        parameters.setRevocationEnabled(isInDate && !revocations.isEmpty());
        if (parameters.isRevocationEnabled()) {
            PKIXRevocationChecker checker = (PKIXRevocationChecker) builder.getRevocationChecker();
            checker.setOptions(EnumSet.of(
                    PKIXRevocationChecker.Option.PREFER_CRLS,
                    PKIXRevocationChecker.Option.NO_FALLBACK,
                    PKIXRevocationChecker.Option.ONLY_END_ENTITY));
            parameters.addCertPathChecker(checker);
        }
        PKIXCertPathBuilderResult built = (PKIXCertPathBuilderResult) builder.build(parameters);
        if (!isInDate && !revocations.isEmpty()) {
            checkRevocation(client, built, now);
        }
    }

    /** The moment nearest to now at which the certificate is in date. */
    @SuppressWarnings("JavaUtilDate")
    private static Date nearest(Date now, X509Certificate client) {
        if (now.after(client.getNotAfter())) {
            return client.getNotAfter();
        }
        return now.before(client.getNotBefore()) ? client.getNotBefore() : now;
    }

    /**
     * Of a certificate that is out of date: the JDK would ask for a list of the time when it was not. A list with
     * critical extensions speaks of some certificates only, and does not count.
     */
    @SuppressWarnings("JavaUtilDate")
    private void checkRevocation(X509Certificate client, PKIXCertPathBuilderResult built, Date now)
            throws GeneralSecurityException {
        List<? extends Certificate> path = built.getCertPath().getCertificates();
        PublicKey issuer = path.size() > 1
                ? path.get(1).getPublicKey()
                : built.getTrustAnchor().getTrustedCert().getPublicKey();
        boolean isKnown = false;
        for (CRL revocation : revocations) {
            X509CRL list = (X509CRL) revocation;
            Set<String> critical = list.getCriticalExtensionOIDs();
            if (list.getIssuerX500Principal().equals(client.getIssuerX500Principal())
                    && !list.getThisUpdate().after(now)
                    && (list.getNextUpdate() == null || list.getNextUpdate().after(now))
                    && (critical == null || critical.isEmpty())
                    && isSignedBy(issuer, list)) {
                isKnown = true;
                if (list.isRevoked(client)) {
                    throw new CertificateException("Certificate has been revoked");
                }
            }
        }
        if (!isKnown) {
            throw new CertificateException("its issuer has no revocation list that is in date");
        }
    }

    /** An authority of the same name may have another key. */
    private static boolean isSignedBy(PublicKey issuer, X509CRL list) throws GeneralSecurityException {
        try {
            list.verify(issuer);
            return true;
        } catch (SignatureException | InvalidKeyException e) {
            return false;
        }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        checkClientTrusted(chain, authType);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        checkClientTrusted(chain, authType);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw new CertificateException("this end is the server");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        checkServerTrusted(chain, authType);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        checkServerTrusted(chain, authType);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return authorities.clone();
    }
}
