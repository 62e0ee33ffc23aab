#include "service/endpoints.h"

#include <fmt/format.h>
#include <stdexcept>

#include "core/log.h"
#include "store/store.h"

namespace tandem::service {
namespace {

net::HttpResponse text_response(int status, std::string_view type, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.headers.set("Content-Type", type);
  response.body = std::move(body);
  return response;
}

net::HttpResponse json_answer(int status, const json::object& document) {
  return text_response(status, "application/json", json::to_text(document) + "\n");
}

constexpr std::string_view kLinks = "/_tandem/links";

bool is_links(std::string_view path) {
  return path.starts_with(kLinks) && (path.size() == kLinks.size() || path[kLinks.size()] == '/');
}

net::HttpResponse message(int status, std::string_view text) {
  return json_answer(status, {{"message", text}});
}

}  // namespace

TandemEndpoints::TandemEndpoints(Dispatcher& dispatcher, Hooks hooks)
    : dispatcher_(dispatcher), hooks_(std::move(hooks)) {}

bool TandemEndpoints::owns(const net::HttpRequest& request) {
  return request.path().starts_with("/_tandem/");
}

Task<net::HttpResponse> TandemEndpoints::reset() {
  log::info("reset requested");
  co_await dispatcher_.reset();
  if (hooks_.reset) {
    auto more = hooks_.reset();
    co_await std::move(more);
  }
  co_return json_answer(200, {{"status", "reset"}});
}

net::HttpResponse TandemEndpoints::links(const net::HttpRequest& request) {
  const LinkControl* control = hooks_.links ? &hooks_.links() : nullptr;
  if (control == nullptr || !control->list) return message(404, "Not found");
  const std::string_view path = request.path();
  if (path == kLinks) {
    if (request.method != "GET") return message(405, "Method not allowed");
    return json_answer(200, control->list());
  }
  if (request.method != "PUT") return message(405, "Method not allowed");
  const std::string_view peer = path.substr(kLinks.size() + 1);
  const auto settings = json::parse_text(request.body);
  if (!settings || !settings.value().is_object()) return message(400, "The body is no JSON object");
  try {
    if (!control->set(peer, settings.value().as_object())) {
      return message(404, fmt::format("There is no link to {}", peer));
    }
  } catch (const std::invalid_argument& error) {
    return message(400, error.what());
  }
  return json_answer(200, control->list().at(peer).as_object());
}

net::HttpResponse TandemEndpoints::rebuild(const net::HttpRequest& request) {
  const LinkControl* control = hooks_.links ? &hooks_.links() : nullptr;
  if (control == nullptr || !control->rebuild) return message(404, "Not found");
  if (request.method != "POST") return message(405, "Method not allowed");
  try {
    return json_answer(200, control->rebuild());
  } catch (const std::invalid_argument& error) {
    return message(409, error.what());
  } catch (const store::StoreError& error) {
    return message(503, error.message);
  }
}

Task<net::HttpResponse> TandemEndpoints::handle(net::HttpRequest request) {
  const auto path = request.path();
  const bool get = request.method == "GET" || request.method == "HEAD";
  if (path == "/_tandem/health" && get) {
    const auto health = hooks_.health ? hooks_.health() : json::object{{"status", "ok"}};
    co_return json_answer(json::string_or(health, "status") == "ok" ? 200 : 503, health);
  }
  if (path == "/_tandem/coverage" && get) co_return json_answer(200, dispatcher_.coverage());
  if (path == "/_tandem/metrics" && get) {
    auto text = dispatcher_.metrics();
    if (hooks_.metrics) text += hooks_.metrics();
    co_return text_response(200, "text/plain; version=0.0.4", std::move(text));
  }
  if (path == "/_tandem/reset" && request.method == "POST") {
    auto response = co_await reset();
    co_return response;
  }
  if (is_links(path)) co_return links(request);
  if (path == "/_tandem/rebuild") co_return rebuild(request);
  constexpr std::string_view kKeys = "/_tandem/keys/";
  if (path.starts_with(kKeys) && get && hooks_.key) {
    const auto key = hooks_.key(path.substr(kKeys.size()));
    co_return key ? json_answer(200, *key) : message(404, "Not found");
  }
  if (hooks_.documents) {
    const auto& documents = hooks_.documents();
    if (const auto found = documents.find(path); found != documents.end()) {
      co_return get ? json_answer(200, found->second()) : message(405, "Method not allowed");
    }
  }
  const bool known = path == "/_tandem/health" || path == "/_tandem/coverage" ||
                     path == "/_tandem/metrics" || path == "/_tandem/reset";
  co_return json_answer(known ? 405 : 404,
                        {{"message", known ? "Method not allowed" : "Not found"}});
}

}  // namespace tandem::service
