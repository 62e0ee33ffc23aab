#include "tls.h"

#include <cstdlib>
#include <initializer_list>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <unistd.h>
#include <utility>

#include "tandem/aws_client.h"

namespace tandem::lambda_runtime {
namespace {

std::string reason() {
  const unsigned long code = ERR_get_error();
  const char* text = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return text == nullptr ? "TLS failure" : text;
}

void load_roots(SSL_CTX* context) {
  for (const char* variable : {"AWS_CA_BUNDLE", "SSL_CERT_FILE"}) {
    const char* path = std::getenv(variable);
    if (path == nullptr || *path == '\0') continue;
    if (SSL_CTX_load_verify_locations(context, path, nullptr) != 1) {
      throw TransportError(std::string(variable) + ": " + reason());
    }
    return;
  }
  // Amazon Linux and its relatives, then Debian.
  for (const char* path : {"/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt",
                           "/etc/ssl/cert.pem"}) {
    if (::access(path, R_OK) == 0 && SSL_CTX_load_verify_locations(context, path, nullptr) == 1) {
      return;
    }
  }
  SSL_CTX_set_default_verify_paths(context);
  ERR_clear_error();
}

}  // namespace

TlsSession::TlsSession(int socket, const std::string& host) {
  context_ = SSL_CTX_new(TLS_client_method());
  if (context_ == nullptr) throw TransportError(reason());
  try {
    SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    load_roots(context_);
    session_ = SSL_new(context_);
    const bool set = session_ != nullptr && SSL_set_fd(session_, socket) == 1 &&
                     SSL_set_tlsext_host_name(session_, host.c_str()) == 1 &&
                     SSL_set1_host(session_, host.c_str()) == 1;
    if (!set) throw TransportError(reason());
  } catch (...) {
    SSL_free(session_);
    SSL_CTX_free(context_);
    throw;
  }
}

TlsSession::TlsSession(TlsSession&& other) noexcept
    : context_(std::exchange(other.context_, nullptr)),
      session_(std::exchange(other.session_, nullptr)) {}

TlsSession::~TlsSession() {
  SSL_free(session_);
  SSL_CTX_free(context_);
}

short TlsSession::wanted(int result) const {
  switch (SSL_get_error(session_, result)) {
    case SSL_ERROR_WANT_READ:
      return POLLIN;
    case SSL_ERROR_WANT_WRITE:
      return POLLOUT;
    default:
      return 0;
  }
}

short TlsSession::handshake() {
  ERR_clear_error();
  const int result = SSL_connect(session_);
  if (result == 1) return 0;
  const short events = wanted(result);
  if (events != 0) return events;
  const long verified = SSL_get_verify_result(session_);
  if (verified != X509_V_OK) throw TransportError(X509_verify_cert_error_string(verified));
  throw TransportError(reason());
}

long TlsSession::read(char* data, std::size_t size, short& events) {
  ERR_clear_error();
  std::size_t got = 0;
  const int result = SSL_read_ex(session_, data, size, &got);
  if (result == 1) return static_cast<long>(got);
  events = wanted(result);
  return SSL_get_error(session_, result) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}

long TlsSession::write(const char* data, std::size_t size, short& events) {
  ERR_clear_error();
  std::size_t wrote = 0;
  const int result = SSL_write_ex(session_, data, size, &wrote);
  if (result == 1) return static_cast<long>(wrote);
  events = wanted(result);
  return -1;
}

}  // namespace tandem::lambda_runtime
