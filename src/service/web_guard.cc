#include "service/web_guard.h"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include "aws/protocol.h"
#include "core/json.h"
#include "core/text.h"
#include "service/dispatch.h"
#include "service/effects.h"
#include "service/endpoints.h"
#include "service/request_ids.h"

namespace tandem::service {
namespace {

bool is_or_ends_with(std::string_view host, std::string_view domain) {
  return host == domain || (host.size() > domain.size() && host.ends_with(domain) &&
                            host[host.size() - domain.size() - 1] == '.');
}

enum class HostKind {
  kHere,     ///< an address of this machine, or a name that browsers take for one
  kAws,      ///< a name of AWS's: only AWS, or the user, can point it somewhere
  kForeign,  ///< anything else
};

HostKind kind_of(const net::HttpRequest& head) {
  std::string name = head.host();
  if (name.ends_with('.')) name.pop_back();
  std::string_view host = name;
  // What most clients say; the rest is for those who do not.
  if (host.empty() || host == head.connection.local_address) return HostKind::kHere;
  // RFC 6761 §6.3: names below localhost are loopback whatever a name server says.
  if (is_or_ends_with(host, "localhost")) return HostKind::kHere;
  for (const std::string_view domain : {"amazonaws.com", "api.aws", "on.aws"}) {
    if (is_or_ends_with(host, domain)) return HostKind::kAws;
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  boost::system::error_code bad;
  const auto address = asio::ip::make_address(host, bad);
  if (bad) return HostKind::kForeign;
  // Not any address: 0.0.0.0 reaches loopback, too, and browsers say less about who asks there.
  const bool here = address.is_loopback() || host == head.connection.local_address;
  return here ? HostKind::kHere : HostKind::kForeign;
}

/// Scheme, host and port are those that the request came by: a page of ours.
bool is_own_origin(std::string_view origin, const net::HttpRequest& head) {
  const std::string_view scheme = head.connection.tls ? "https://" : "http://";
  return origin.starts_with(scheme) &&
         core::equals_ignoring_case(origin.substr(scheme.size()), head.headers.get_or("Host"));
}

/// Scheme, host and port of a URL.
std::string_view origin_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  return url.substr(0, url.find_first_of("/?#", scheme + 3));
}

bool changes_something(const net::HttpRequest& head) {
  if (head.method != "GET" && head.method != "HEAD") return true;
  return !may_be_repeated(head);
}

aws::model::Protocol protocol_of(const net::HttpRequest& head) {
  if (head.headers.contains("X-Amz-Target")) return aws::model::Protocol::kJson;
  const bool form =
      head.headers.get_or("Content-Type").starts_with("application/x-www-form-urlencoded");
  const bool action = head.query().find("Action=") != std::string_view::npos;
  return form || action ? aws::model::Protocol::kQuery : aws::model::Protocol::kRestJson;
}

}  // namespace

std::optional<std::string> foreign_page(const net::HttpRequest& head) {
  const HostKind kind = kind_of(head);
  if (kind == HostKind::kForeign) {
    return fmt::format("The host {} is none that is served here.", head.headers.get_or("Host"));
  }
  for (const auto origin : head.headers.all("Origin")) {
    if (is_own_origin(origin, head)) continue;
    return fmt::format("Requests that a web page of another origin makes are refused: {}.", origin);
  }
  const auto sites = head.headers.all("Sec-Fetch-Site");
  for (const auto site : sites) {
    if (site == "same-origin" || site == "none") continue;
    return fmt::format("Requests that a web page of another origin makes are refused: {}.", site);
  }
  if (sites.empty()) {
    // Browsers leave Sec-Fetch-Site out where a name is neither TLS's nor loopback, and Origin with
    // images, links and scripts; a page can keep Referer back, but not its kind of User-Agent.
    for (const auto page : head.headers.all("Referer")) {
      if (is_own_origin(origin_of(page), head)) continue;
      return "Requests that a web page of another origin makes are refused.";
    }
    const bool browser = head.headers.get_or("User-Agent").starts_with("Mozilla/");
    if (browser && kind == HostKind::kAws && !head.headers.contains("Origin")) {
      return "A browser that does not say which page asks is refused.";
    }
  }
  if (head.headers.get_or("Sec-Fetch-Mode") == "navigate" && changes_something(head)) {
    return "What a browser opens as a page may only read.";
  }
  return std::nullopt;
}

net::HttpResponse page_refusal(const net::HttpRequest& head, const std::string& why,
                               core::Random& random) {
  if (TandemEndpoints::owns(head)) {
    net::HttpResponse response;
    response.status = 403;
    response.headers.set("Content-Type", "application/json");
    response.body = json::to_text(json::object{{"message", why}}) + "\n";
    return response;
  }
  const std::string service = destination_of(head).service;
  const std::string request_id = make_request_id(service, random);
  aws::ErrorPlace place;
  place.service = aws::model::find_service(service);
  place.protocol = place.service ? place.service->protocol() : protocol_of(head);
  place.request_id = request_id;
  place.method = head.method;
  place.resource = head.path();
  using aws::model::Protocol;
  const bool xml = place.protocol == Protocol::kQuery || place.protocol == Protocol::kRestXml;
  return aws::encode_error(place,
                           aws::ApiError(403, xml ? "AccessDenied" : "AccessDeniedException", why));
}

bool opens_as_document(const net::HttpRequest& head) {
  const auto use = head.headers.get_or("Sec-Fetch-Dest");
  for (const std::string_view document : {"document", "iframe", "frame", "embed", "object"}) {
    if (use == document) return true;
  }
  return false;
}

void sandbox_document(net::HttpResponse& response) {
  response.headers.set("Content-Security-Policy", "sandbox");
}

}  // namespace tandem::service
