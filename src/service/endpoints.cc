#include "service/endpoints.h"

#include <fmt/format.h>
#include <stdexcept>

#include "store/store.h"

namespace tandem::service {
namespace {

constexpr std::string_view kRoot = "/_tandem/";

bool matches(const TandemEndpoints::Row& row, std::string_view path) {
  const bool below = row.path.ends_with('/') && row.path != kRoot;
  return below ? path.starts_with(row.path) && path.size() > row.path.size() : row.path == path;
}

bool takes(const TandemEndpoints::Row& row, std::string_view method) {
  return row.method == method || (row.method == "GET" && method == "HEAD");
}

net::HttpResponse document_answer(const std::function<json::object()>& document) {
  try {
    return json_answer(200, document());
  } catch (const std::invalid_argument& error) {
    return message_answer(409, error.what());
  } catch (const store::StoreError& error) {
    return message_answer(503, error.message);
  } catch (const std::exception& error) {
    return message_answer(500, error.what());
  }
}

net::HttpResponse set_link(const LinkControl& control, const net::HttpRequest& request,
                           std::string_view peer) {
  const auto settings = json::parse_text(request.body);
  if (!settings || !settings.value().is_object()) {
    return message_answer(400, "The body is no JSON object");
  }
  try {
    if (!control.set(peer, settings.value().as_object())) {
      return message_answer(404, fmt::format("There is no link to {}", peer));
    }
  } catch (const std::invalid_argument& error) {
    return message_answer(400, error.what());
  }
  return json_answer(200, control.list().at(peer).as_object());
}

}  // namespace

net::HttpResponse text_answer(int status, std::string_view type, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.headers.set("Content-Type", type);
  response.body = std::move(body);
  return response;
}

net::HttpResponse json_answer(int status, const json::object& document) {
  return text_answer(status, "application/json", json::to_text(document) + "\n");
}

net::HttpResponse message_answer(int status, std::string_view text) {
  return json_answer(status, {{"message", text}});
}

TandemEndpoints::TandemEndpoints() {
  add("GET", std::string(kRoot), [this] { return index(); });
}

bool TandemEndpoints::owns(const net::HttpRequest& request) {
  return request.path().starts_with(kRoot);
}

void TandemEndpoints::add(Row row) { rows_.push_back(std::move(row)); }

void TandemEndpoints::add(std::string method, std::string path,
                          std::function<json::object()> document) {
  add({std::move(method), std::move(path),
       [document = std::move(document)](const net::HttpRequest&, const std::string&) {
         // A coroutine's parameters are copied into its frame; a capture would not be.
         constexpr auto body =
             [](const std::function<json::object()>* call) -> Task<net::HttpResponse> {
           co_return document_answer(*call);
         };
         return body(&document);
       }});
}

json::object TandemEndpoints::index() const {
  json::array paths;
  for (const Row& row : rows_) paths.push_back(json::string(row.method + " " + row.path));
  return {{"paths", std::move(paths)}};
}

const TandemEndpoints::Row* TandemEndpoints::find(std::string_view method, std::string_view path,
                                                  std::string& allowed) const {
  for (const Row& row : rows_) {
    if (!matches(row, path)) continue;
    if (takes(row, method)) return &row;
    allowed += (allowed.empty() ? "" : ", ") + row.method;
  }
  return nullptr;
}

Task<net::HttpResponse> TandemEndpoints::handle(net::HttpRequest request) {
  std::string allowed;
  const Row* row = find(request.method, request.path(), allowed);
  if (row == nullptr && allowed.empty()) co_return message_answer(404, "Not found");
  if (row == nullptr) {
    net::HttpResponse refusal = message_answer(405, "Method not allowed");
    refusal.headers.set("Allow", allowed);
    co_return refusal;
  }
  std::string rest(request.path().substr(row->path.size()));
  Task<net::HttpResponse> answering = row->answer(std::move(request), std::move(rest));
  net::HttpResponse response = co_await std::move(answering);
  co_return response;
}

void add_link_rows(TandemEndpoints& endpoints, const LinkControl& control) {
  endpoints.add("GET", "/_tandem/links", [&control] { return control.list(); });
  endpoints.add({"PUT", "/_tandem/links/", [&control](net::HttpRequest request, std::string peer) {
                   constexpr auto body = [](const LinkControl* links, net::HttpRequest asked,
                                            std::string to) -> Task<net::HttpResponse> {
                     co_return set_link(*links, asked, to);
                   };
                   return body(&control, std::move(request), std::move(peer));
                 }});
  endpoints.add("POST", "/_tandem/rebuild", [&control] { return control.rebuild(); });
}

}  // namespace tandem::service
