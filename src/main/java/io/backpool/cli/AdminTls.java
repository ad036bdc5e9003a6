package io.backpool.cli;

import io.backpool.config.AdminConfig;
import io.backpool.config.TlsConfig;
import io.backpool.config.TlsFileException;
import io.backpool.config.TlsFiles;
import io.backpool.doctor.DoctorException;
import io.backpool.doctor.Trusted;
import io.backpool.server.TlsContexts;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Whom commands believe that it is a pool's admin listener, and what is wrong where they don't. */
final class AdminTls {
    private AdminTls() {}

    /**
     * Who has the certificate of these settings, and whom Java trusts; with a file, only whom that
     * names. Null: whom Java trusts.
     *
     * @param cacert certificates in PEM; null: not given
     * @throws CommandFailed if a file can't be used
     */
    static @Nullable SSLContext context(AdminConfig settings, @Nullable Path cacert) {
        TlsConfig own = settings.tls();
        try {
            return cacert != null
                    ? Trusted.by(cacert)
                    : own == null ? null : TlsContexts.ofClient(TlsFiles.own(own));
        } catch (DoctorException e) {
            throw new CommandFailed(ExitCode.USAGE, "--cacert: " + e.getMessage());
        } catch (TlsFileException e) {
            throw new CommandFailed(
                    ExitCode.CONFIG,
                    e.getMessage()
                            + ". It is how this command knows the pool; --cacert FILE names another"
                            + " one");
        }
    }

    /** Why there is no answer, where TLS may be the reason; null: it is not. */
    static @Nullable String complaint(URI base, IOException e) {
        if (base.getScheme().equals("https")) {
            CertificateException wrong = certificate(e);
            return wrong != null
                    ? "%s shows a certificate that is not believed: %s. --cacert FILE names who signed it, in PEM"
                            .formatted(base, wrong.getMessage())
                    : e instanceof SSLException
                            ? "%s can't be spoken to: %s. Without admin.tls there it is http://%s"
                                    .formatted(base, e.getMessage(), base.getAuthority())
                            : null;
        }
        return e instanceof ConnectException || e instanceof HttpTimeoutException
                ? null
                : "%s does not answer: %s. With admin.tls there it is --pool=https://%s"
                        .formatted(base, e.getMessage(), base.getAuthority());
    }

    private static @Nullable CertificateException certificate(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException found) {
                return found;
            }
        }
        return null;
    }
}
