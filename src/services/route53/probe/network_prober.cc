#include "services/route53/probe/network_prober.h"

#include <fmt/format.h>

#include "net/http.h"

namespace tandem::route53 {
namespace {

using Outcome = net::EndpointSight::Outcome;

constexpr std::string_view kTimedOut =
    "Failure: Connection timed out. The endpoint or the internet connection is down, or requests "
    "are being blocked by your firewall.";

std::string render_request(const ProbeRequest& request) {
  return fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\nAccept: */*\r\nAccept-Encoding: *\r\n"
      "Connection: close\r\n\r\n",
      request.path, request.host, request.user_agent);
}

ProbeResult judge_answer(const net::EndpointSight& seen, const ProbeRequest& request) {
  std::string code = fmt::format("HTTP Status Code {}", seen.status);
  const std::string_view reason = net::reason_phrase(seen.status);
  if (!reason.empty()) code += fmt::format(", {}", reason);
  if (seen.status < 200 || seen.status >= 400) return {false, "Failure: " + code};
  if (request.search_string.empty()) return {true, "Success: " + code};
  if (seen.body.find(request.search_string) != std::string::npos) {
    return {true, "Success: " + code + ". String Matched"};
  }
  return {false, "Failure: " + code + ". String Not Matched"};
}

}  // namespace

ProbeResult judge(const net::EndpointSight& seen, const ProbeRequest& request) {
  switch (seen.outcome) {
    case Outcome::kConnected:
      return {true, "Success: TCP connection established"};
    case Outcome::kAnswered:
      return judge_answer(seen, request);
    case Outcome::kConnectTimeout:
      return {false, std::string(kTimedOut)};
    case Outcome::kConnectFailed:
      return {false,
              fmt::format("Failure: The connection could not be established: {}.", seen.detail)};
    case Outcome::kTlsFailed:
      return {false, fmt::format("Failure: The SSL handshake failed: {}.", seen.detail)};
    case Outcome::kHeadTimeout:
      return {false, "Failure: The HTTP response timed out. The endpoint did not respond in time."};
    case Outcome::kBodyTimeout:
      return {false, "Failure: The HTTP response body timed out."};
    case Outcome::kClosed:
    case Outcome::kMalformed:
      return {false, fmt::format("Failure: The HTTP response is not valid: {}.", seen.detail)};
  }
  return {false, "Failure"};
}

Task<ProbeResult> NetworkProber::probe(ProbeRequest request) {
  net::EndpointProbe look;
  look.address = request.address;
  look.port = request.port;
  look.tls = request.tls;
  look.server_name = request.server_name;
  look.connect_timeout = request.connect_timeout;
  look.head_timeout = request.response_timeout;
  look.body_timeout = request.body_timeout;
  if (request.http) look.request = render_request(request);
  if (!request.search_string.empty()) look.body_bytes = kSearchedBytes;
  const net::EndpointSight seen = co_await prober_->look(std::move(look));
  co_return judge(seen, request);
}

}  // namespace tandem::route53
