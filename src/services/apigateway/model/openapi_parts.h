// What the files of the OpenAPI reader share. For openapi*.cc alone.
#pragma once

#include <fmt/format.h>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/model/openapi.h"

namespace tandem::apigateway {

inline aws::ApiError invalid_openapi() { return errors::bad_request("Invalid OpenAPI input."); }

/// One document being read.
struct OpenApiReader {
  OpenApiReader(const json::object& document, std::string_view api, bool is_version2, OpenApi& into)
      : root(document), api_id(api), version2(is_version2), out(into) {}

  const json::object& root;
  std::string_view api_id;
  bool version2;  ///< Swagger 2.0, else OpenAPI 3
  OpenApi& out;
  std::set<std::string, std::less<>> models;

  void warn(std::string text);
  /// What value says or, if it is a reference within the document, refers to. Null when that leads
  /// nowhere.
  const json::object* resolve(const json::value& value) const;

  void read_models();
  /// A schema's model: that of a reference, or a new one made of what stands there. Nothing with a
  /// warning when there is none.
  std::optional<std::string> model_of(const json::object& schema, std::string_view where);

  /// By name: authorizers, IAM, API keys.
  struct Security {
    enum class Kind { kNothing, kAuthorizer, kIam, kApiKey } kind = Kind::kNothing;
  };
  void read_security_schemes();
  void apply_security(const json::object& operation, OpenApiMethod& method);

  void read_paths(const std::string& prefix);

 private:
  void read_scheme(std::string_view name, const json::object& scheme);
  void add_model(std::string_view name, const json::value& schema);
  /// A schema in draft 4's words, as deep as the document.
  json::value converted(const json::value& schema) const;
  std::vector<std::pair<std::string, Security>> schemes_;

  void read_item(const std::string& path, const json::object& item);
  void read_operation(const std::string& path, std::string_view method, const json::object& item,
                      const json::object& operation);
  void read_parameters(const json::object& holder, const json::object& operation,
                       OpenApiMethod& method);
  void read_body(const json::object& operation, OpenApiMethod& method);
  void read_response(std::string_view status, const json::object& response,
                     const json::object& operation, OpenApiMethod& method);
  void read_integration(const json::object& integration, OpenApiMethod& method);
};

/// "200" of 200 and "200".
std::string text_in(const json::object& from, std::string_view member);
/// Texts of a list.
std::vector<std::string> texts_in(const json::object& from, std::string_view member);
/// A map from texts to texts; others in it are dropped with a warning by their full name.
json::object text_map(const json::object& from, std::string_view member);

}  // namespace tandem::apigateway
