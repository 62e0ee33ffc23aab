#include <openssl/ssl.h>

#include "core/text.h"
#include "net/openssl.h"
#include "net/tls.h"
#include "net/tls_impl.h"

namespace tandem::net {
namespace {

// "http/1.1" in the wire form of RFC 7301.
constexpr unsigned char kHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  unsigned char* chosen = nullptr;
  const int result =
      SSL_select_next_proto(&chosen, out_size, kHttp11, sizeof kHttp11, offered, offered_size);
  // RFC 7301 §3.2: a client that offers nothing we speak is told so.
  if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

void configure(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // The same for every name, so that tickets (kept under the listener's keys) are accepted.
  constexpr unsigned char kSessionContext[] = "tandem";
  SSL_CTX_set_session_id_context(context, kSessionContext, sizeof kSessionContext - 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context, select_protocol, nullptr);
}

int pick_certificate(SSL* ssl, int* alert, void* argument) {
  auto* impl = static_cast<ServerTls::Impl*>(argument);
  SSL_CTX* context = impl->find(core::to_lower(server_name_of(ssl)));
  if (context == nullptr) {
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  SSL_set_SSL_CTX(ssl, context);
  return SSL_TLSEXT_ERR_OK;
}

SslContext make_context(const Certificate& certificate) {
  SslContext context(SSL_CTX_new(TLS_server_method()));
  if (!context) throw TlsError("SSL_CTX_new");
  configure(context.get());
  const X509Ptr leaf = parse_certificate(certificate.certificate_pem);
  const KeyPtr key = parse_private_key(certificate.private_key_pem);
  if (SSL_CTX_use_certificate(context.get(), leaf.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    throw TlsError("certificate and private key do not belong together");
  }
  for (const X509Ptr& issuer : parse_certificates(certificate.chain_pem)) {
    if (SSL_CTX_add1_chain_cert(context.get(), issuer.get()) != 1) throw TlsError("chain");
  }
  return context;
}

}  // namespace

std::string server_name_of(SSL* ssl) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? std::string() : std::string(name);
}

ServerTls::Impl::Impl() : base(boost::asio::ssl::context::tls_server) {
  SSL_CTX* context = base.native_handle();
  configure(context);
  SSL_CTX_set_tlsext_servername_callback(context, pick_certificate);
  SSL_CTX_set_tlsext_servername_arg(context, this);
}

SSL_CTX* ServerTls::Impl::find_made(std::string_view name) const {
  if (const auto exact = by_name.find(name); exact != by_name.end()) return exact->second.get();
  const auto dot = name.find('.');
  if (dot == std::string_view::npos || dot == 0) return nullptr;
  const auto found = by_name.find("*" + std::string(name.substr(dot)));
  return found == by_name.end() ? nullptr : found->second.get();
}

SSL_CTX* ServerTls::Impl::issue(const std::string& name) {
  constexpr std::size_t kMost = 1'000;
  const auto certificate = issuer(name);
  if (!certificate) return nullptr;
  if (issued.size() == kMost) {
    by_name.erase(issued.front());
    issued.pop_front();
  }
  issued.push_back(name);
  return by_name.insert_or_assign(name, make_context(*certificate)).first->second.get();
}

SSL_CTX* ServerTls::Impl::find(const std::string& name) {
  if (SSL_CTX* made = find_made(name); made != nullptr) return made;
  if (issuer && !name.empty()) {
    if (SSL_CTX* made = issue(name); made != nullptr) return made;
  }
  return fallback.get();
}

ServerTls::ServerTls() : impl_(std::make_unique<Impl>()) {}
ServerTls::~ServerTls() = default;

void ServerTls::set_default(const Certificate& certificate) {
  impl_->fallback = make_context(certificate);
}

void ServerTls::set(std::string_view name, const Certificate& certificate) {
  impl_->by_name.insert_or_assign(core::to_lower(name), make_context(certificate));
}

void ServerTls::set_issuer(Issuer issuer) { impl_->issuer = std::move(issuer); }

void ServerTls::erase(std::string_view name) { impl_->by_name.erase(core::to_lower(name)); }

}  // namespace tandem::net
