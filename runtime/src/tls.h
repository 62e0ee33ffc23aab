// A TLS session over a non-blocking socket, verifying the server. Trusts AWS_CA_BUNDLE or
// SSL_CERT_FILE when set, else the system's roots wherever this Linux keeps them.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

struct ssl_st;
struct ssl_ctx_st;

namespace tandem::lambda_runtime {

class TlsSession {
 public:
  /// Borrows the socket. Throws TransportError.
  TlsSession(int socket, const std::string& host);
  ~TlsSession();
  TlsSession(TlsSession&& other) noexcept;
  TlsSession& operator=(TlsSession&&) = delete;

  /// 0 when done, else the poll events to wait for. Throws TransportError.
  short handshake();
  /// Bytes read or written, 0 at the end, -1 on failure; events is what to wait for first.
  long read(char* data, std::size_t size, short& events);
  long write(const char* data, std::size_t size, short& events);

 private:
  short wanted(int result) const;
  ssl_ctx_st* context_ = nullptr;
  ssl_st* session_ = nullptr;
};

}  // namespace tandem::lambda_runtime
