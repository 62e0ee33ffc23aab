#include "global/front_page.h"

#include <fmt/format.h>

#include "service/host_name.h"

namespace tandem::global {
namespace {

std::string link(std::string_view to) { return fmt::format("<a href=\"{0}\">{0}</a>", to); }

std::string rows(const service::Config& config) {
  std::string text;
  for (const service::RegionAddress& region : config.regions) {
    // No link: a page may not ask another origin, and that is one.
    text += fmt::format("<tr><td>{}</td><td>http://{}:{}/_tandem/health</td></tr>\n", region.name,
                        region.address, config.ports.http);
  }
  return text;
}

}  // namespace

std::optional<net::HttpResponse> front_page(const net::HttpRequest& request,
                                            const service::Config& config) {
  const bool read = request.method == "GET" || request.method == "HEAD";
  const bool html = request.headers.get_or("Accept").find("text/html") != std::string_view::npos;
  if (!read || !html || request.target != "/" || request.headers.contains("Authorization")) {
    return std::nullopt;
  }
  // A name of AWS's means what it means there: a bucket, an API.
  if (!service::read_host(request.host()).service.empty()) return std::nullopt;
  const std::string endpoint =
      fmt::format("http://{}:{}", config.global_address, config.ports.endpoint);
  net::HttpResponse response;
  response.headers.set("Content-Type", "text/html; charset=utf-8");
  response.headers.set("Content-Security-Policy", "default-src 'none'");
  response.headers.set("Cache-Control", "no-store");
  response.body = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Tandem</title>\n"
      "<h1>Tandem</h1>\n"
      "<p>This is the AWS endpoint of account {0}: {1}. AWS's tools use it when AWS_ENDPOINT_URL "
      "says so; <code>tandem exec -- aws s3 ls</code> sets that and the rest, <code>tandem "
      "env</code> prints it.</p>\n"
      "<table><tr><th>Region</th><th>Health</th></tr>\n{2}</table>\n"
      "<p>DNS is answered at {3}, port {4}: {5} says what and why. <code>tandem status</code> "
      "shows all of it in a terminal.</p>\n</html>\n",
      config.account, endpoint, rows(config), config.global_address, config.ports.dns,
      link("/_tandem/dns"));
  return response;
}

}  // namespace tandem::global
