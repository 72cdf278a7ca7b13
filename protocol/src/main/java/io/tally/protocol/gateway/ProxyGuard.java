package io.tally.protocol.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxySSLTLV;
import io.netty.handler.codec.haproxy.HAProxyTLV;
import io.netty.util.NetUtil;
import io.tally.protocol.listener.Carrier;
import io.tally.protocol.listener.Carrier.Identity;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Stands in front of what decodes the PROXY header: a client that begins with anything else is closed at once, and does
 * not wait to be understood. Owned by the I/O loop's thread.
 */
final class ProxyGuard extends ChannelInboundHandlerAdapter {
    private static final String NAME = "PROXY header";
    private static final byte FIRST_OF_V1 = 'P';
    private static final byte FIRST_OF_V2 = '\r';

    private final byte first;

    ProxyGuard(int version) {
        first = version == 1 ? FIRST_OF_V1 : FIRST_OF_V2;
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // A close that fails leaves nothing to be done.
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf in = (ByteBuf) message;
        if (in.getByte(in.readerIndex()) != first) {
            in.release();
            context.fireExceptionCaught(new TransportException(NAME, "there is none of the version that is asked for"));
            context.close();
            return;
        }
        context.fireChannelRead(in);
        context.pipeline().remove(this);
    }

    /**
     * Takes from the header who the client is.
     *
     * @throws TransportException when the client did not come as it must
     */
    static void apply(HAProxyMessage header, Carrier carrier, Peer peer) throws TransportException {
        HAProxySSLTLV tls = tls(header);
        if (carrier.proxyTlsRequired() && (tls == null || !tls.isPP2ClientSSL())) {
            throw new TransportException(NAME, "the client did not come by TLS");
        }
        boolean hasCertificate = tls != null
                && tls.isPP2ClientSSL()
                && (tls.isPP2ClientCertConn() || tls.isPP2ClientCertSess())
                && tls.verify() == 0;
        if (carrier.proxyCertificateRequired() && !hasCertificate) {
            throw new TransportException(NAME, "the client has no certificate that the proxy trusts");
        }
        String source = header.sourceAddress();
        InetAddress client = source == null ? null : NetUtil.createInetAddressFromIpAddressString(source);
        if (header.command() == HAProxyCommand.PROXY && client != null) {
            peer.address(new InetSocketAddress(client, header.sourcePort()));
        }
        boolean isOurTls = carrier.tls() != null || carrier.psk() != null;
        if (tls != null && hasCertificate && !isOurTls && carrier.identity() == Identity.COMMON_NAME) {
            String name = commonName(tls);
            if (name != null && !name.isEmpty()) {
                peer.identity(name);
            }
        }
    }

    private static @Nullable HAProxySSLTLV tls(HAProxyMessage header) {
        for (HAProxyTLV value : header.tlvs()) {
            if (value instanceof HAProxySSLTLV tls) {
                return tls;
            }
        }
        return null;
    }

    private static @Nullable String commonName(HAProxySSLTLV tls) {
        for (HAProxyTLV value : tls.encapsulatedTLVs()) {
            if (value.type() == HAProxyTLV.Type.PP2_TYPE_SSL_CN) {
                return value.content().toString(StandardCharsets.UTF_8);
            }
        }
        return null;
    }
}
