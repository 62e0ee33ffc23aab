// JSON Schema draft 4 as API Gateway honours it: what a model may say, and whether a body fits it.
// AWS, developer guide: "Data models for REST APIs"; keywords: json-schema.org, draft-fge-json-
// schema-validation-00.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace tandem::apigateway {

inline constexpr std::size_t kSchemaBytes = 400 * 1024;  ///< AWS, quotas: "Model size"
inline constexpr std::size_t kSchemaDepth = 64;
/// Schemas within one model's.
inline constexpr std::size_t kSubschemas = 5'000;
/// Schemas that one model reaches through its references.
inline constexpr std::size_t kReachedSubschemas = 20'000;

/// Steps of all patterns of one model together; RE2 takes some 3 µs to make one.
inline constexpr std::size_t kPatternSteps = 200'000;

/// Throws BadRequestException in CreateModel's words for a schema that is none of draft 4, has
/// keywords of its own or names what is no model of this API, and for patterns that RE2 has not or
/// that take more than kPatternSteps. May take half a second: see may_be_slow().
void check_schema(std::string_view text, std::string_view api_id);

/// Whether checking the schema may take the loop too long: it is large or has patterns.
bool may_be_slow(std::string_view schema);

/// "https://apigateway.amazonaws.com/restapis/<api>/models/<name>".
std::string model_url(std::string_view api_id, std::string_view name);
/// The name in such a URL, when it is one of this API; without what follows '#'.
std::optional<std::string> model_of_url(std::string_view url, std::string_view api_id);

/// The schema of an API's model, or nothing.
using FindSchema = std::function<std::optional<std::string>(std::string_view model)>;

struct SchemaTables;  // json_schema_nodes.h

/// One model with all it refers to, cycles too. Any thread may ask it.
class JsonSchema {
 public:
  /// A reference that leads nowhere fits nothing, and neither does a model of more than
  /// kReachedSubschemas.
  static std::shared_ptr<const JsonSchema> compile(std::string_view api_id, std::string_view model,
                                                   const FindSchema& find);
  ~JsonSchema();
  JsonSchema(const JsonSchema&) = delete;
  JsonSchema& operator=(const JsonSchema&) = delete;

  /// Bounded: an instance that takes more than kSteps to judge does not fit.
  bool fits(const json::value& instance) const;
  static constexpr std::uint64_t kSteps = 2'000'000;
  /// Whether the first asking may take the loop too long: patterns are compiled then.
  bool has_patterns() const;

 private:
  explicit JsonSchema(std::unique_ptr<const SchemaTables> tables);
  std::unique_ptr<const SchemaTables> tables_;
};

/// The schema with every model it reaches under "definitions", as GetModel's flatten shows it.
std::string flatten_schema(std::string_view api_id, std::string_view model, const FindSchema& find);

/// GetModelTemplate: a mapping template with a sample of what the schema describes.
std::string sample_template(std::string_view schema);

}  // namespace tandem::apigateway
