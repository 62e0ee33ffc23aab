// Tandem's own paths, beside AWS's API on the same listener: one table for a process, which
// `GET /_tandem/` lists and docs/tandem-endpoints.md describes. Whoever has something to tell adds
// a row.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/task.h"
#include "net/http.h"

namespace tandem::service {

/// The replication links of a region.
struct LinkControl {
  std::function<json::object()> list;
  /// False when there is no such peer. Throws std::invalid_argument for settings that make no
  /// sense.
  std::function<bool(std::string_view peer, const json::object& settings)> set;
  /// POST /_tandem/rebuild. Throws std::invalid_argument when it would not help, StoreError.
  std::function<json::object()> rebuild;
  /// Why the region takes no writes because of its clock; empty when it does.
  std::function<std::string()> clock_refusal;
};

class TandemEndpoints {
 public:
  /// rest: what follows the path of a row that ends in a slash.
  using Answer = std::function<Task<net::HttpResponse>(net::HttpRequest request, std::string rest)>;
  struct Row {
    std::string method;  ///< GET stands for HEAD, too
    std::string path;    ///< "/_tandem/links"; "/_tandem/links/" is for what lies below it
    Answer answer;
  };
  TandemEndpoints();

  void add(Row row);
  /// Answers with what document says: status 200, or 409 when it throws std::invalid_argument, 503
  /// for a StoreError, 500 for any other exception.
  void add(std::string method, std::string path, std::function<json::object()> document);

  /// True when the path is Tandem's, known or not.
  static bool owns(const net::HttpRequest& request);
  /// 404 for a path that is in no row, 405 for another method. The listener has refused the
  /// requests of foreign web pages before (service/web_guard.h).
  Task<net::HttpResponse> handle(net::HttpRequest request);

 private:
  json::object index() const;
  const Row* find(std::string_view method, std::string_view path, std::string& allowed) const;

  std::vector<Row> rows_;
};

/// The rows of a region's links. Borrows control.
void add_link_rows(TandemEndpoints& endpoints, const LinkControl& control);

net::HttpResponse json_answer(int status, const json::object& document);
net::HttpResponse text_answer(int status, std::string_view type, std::string body);
/// {"message": text}.
net::HttpResponse message_answer(int status, std::string_view text);

}  // namespace tandem::service
