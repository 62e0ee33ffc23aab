// HTTP messages as the rest of the house sees them: plain values, no library types.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::net {

class BodySource;  // net/body.h

/// Header fields in order, names as they came; looked up without regard to case.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;
  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  /// The first value, or nothing.
  std::optional<std::string_view> get(std::string_view name) const;
  std::string_view get_or(std::string_view name, std::string_view fallback = "") const;
  std::vector<std::string_view> all(std::string_view name) const;
  bool contains(std::string_view name) const { return get(name).has_value(); }

  void add(std::string_view name, std::string_view value);
  /// Replaces every field of that name.
  void set(std::string_view name, std::string_view value);
  void erase(std::string_view name);

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  std::size_t size() const { return fields_.size(); }

 private:
  std::vector<Field> fields_;
};

/// How a request reached us.
struct Connection {
  std::string local_address;
  std::uint16_t local_port = 0;
  std::string remote_address;
  std::uint16_t remote_port = 0;
  bool tls = false;
  std::string server_name;  ///< SNI; empty without TLS or without the extension
};

struct HttpRequest {
  std::string method;
  std::string target;  ///< as on the request line: "/path?query", still percent-encoded
  Headers headers;
  /// Complete; transfer coding removed. Content-Encoding gzip is left to the caller.
  std::string body;
  Connection connection;
  /// Instead of body, for those who asked for it (HttpServer::Options::as_source) or send it
  /// (HttpClient::stream): the content as it comes. Of use until the request is answered.
  std::shared_ptr<BodySource> source = nullptr;

  /// Before '?', still encoded.
  std::string_view path() const;
  /// After '?', still encoded; empty when there is none.
  std::string_view query() const;
  /// Host header without port, lower case.
  std::string host() const;
};

struct HttpResponse {
  int status = 200;
  Headers headers;  ///< Content-Length, Connection and Date are the server's to add
  std::string body;
  /// Instead of body: pulled while the answer is sent. When it fails, the connection ends in the
  /// middle of the answer, so that nobody takes a part for the whole.
  std::shared_ptr<BodySource> source = nullptr;
};

/// "Not Found" for 404; "" for a code without a registered phrase.
std::string_view reason_phrase(int status);

/// Name and value pairs of "a=1&b=&c", decoded ('+' is a space).
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);

}  // namespace tandem::net
