// The OpenSSL side of ServerTls, for the listener. Private to net.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <deque>
#include <map>
#include <memory>
#include <openssl/ssl.h>
#include <string>
#include <string_view>

#include "net/handshake_room.h"
#include "net/tls.h"

namespace tandem::net {

struct SslContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslContext = std::unique_ptr<SSL_CTX, SslContextDeleter>;

struct ServerTls::Impl {
  Impl();
  /// The context for a name (lower case, may be empty), or nullptr.
  SSL_CTX* find(const std::string& name);

  /// What streams start with: it has no certificate, the server-name callback brings one.
  boost::asio::ssl::context base;
  SslContext fallback;
  std::map<std::string, SslContext, std::less<>> by_name;
  Issuer issuer;
  std::deque<std::string> issued;  ///< names in by_name, the oldest first

 private:
  SSL_CTX* find_made(std::string_view name) const;
  SSL_CTX* issue(const std::string& name);

 public:
  /// Of all listeners that present these certificates.
  HandshakeRoom room;
};

/// What the client sent as SNI on this connection, or empty.
std::string server_name_of(SSL* ssl);

}  // namespace tandem::net
