// What a model's schema may say: the meta-schema of draft 4 and API Gateway's own rules.
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "core/text.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/model/json_schema_nodes.h"

namespace tandem::apigateway {
namespace {

constexpr std::size_t kCheckedOnLoop = 64 * 1024;

constexpr std::string_view kModelsPrefix = "https://apigateway.amazonaws.com/restapis/";

enum class Kind {
  kAny,
  kText,
  kNumber,
  kPositive,
  kCount,
  kFlag,
  kSchema,
  kFlagOrSchema,
  kSchemas,       ///< a list of at least one
  kSchemaOrList,  ///< items
  kSchemaMap,
  kTexts,  ///< at least one, each once
  kType,
  kChoices,
  kDependencies,
  kPattern,
  kPatternMap,
};

struct Keyword {
  std::string_view name;
  Kind kind;
};

constexpr std::array<Keyword, 39> kKeywords = {{
    {"$schema", Kind::kText},
    {"$ref", Kind::kText},
    {"id", Kind::kText},
    {"title", Kind::kText},
    {"description", Kind::kText},
    {"default", Kind::kAny},
    {"type", Kind::kType},
    {"enum", Kind::kChoices},
    {"format", Kind::kText},
    {"multipleOf", Kind::kPositive},
    {"minimum", Kind::kNumber},
    {"maximum", Kind::kNumber},
    {"exclusiveMinimum", Kind::kFlag},
    {"exclusiveMaximum", Kind::kFlag},
    {"minLength", Kind::kCount},
    {"maxLength", Kind::kCount},
    {"pattern", Kind::kPattern},
    {"items", Kind::kSchemaOrList},
    {"additionalItems", Kind::kFlagOrSchema},
    {"minItems", Kind::kCount},
    {"maxItems", Kind::kCount},
    {"uniqueItems", Kind::kFlag},
    {"properties", Kind::kSchemaMap},
    {"patternProperties", Kind::kPatternMap},
    {"additionalProperties", Kind::kFlagOrSchema},
    {"required", Kind::kTexts},
    {"minProperties", Kind::kCount},
    {"maxProperties", Kind::kCount},
    {"dependencies", Kind::kDependencies},
    {"allOf", Kind::kSchemas},
    {"anyOf", Kind::kSchemas},
    {"oneOf", Kind::kSchemas},
    {"not", Kind::kSchema},
    {"definitions", Kind::kSchemaMap},
    // OpenAPI's own words of a schema, which API Gateway leaves in imported models.
    {"discriminator", Kind::kAny},
    {"readOnly", Kind::kFlag},
    {"xml", Kind::kAny},
    {"externalDocs", Kind::kAny},
    {"$comment", Kind::kText},
}};

const Keyword* find_keyword(std::string_view name) {
  const auto* found = std::find_if(kKeywords.begin(), kKeywords.end(),
                                   [&](const Keyword& each) { return each.name == name; });
  return found == kKeywords.end() ? nullptr : found;
}

aws::ApiError invalid_schema(std::string_view more = "") {
  return errors::bad_request(
      fmt::format("Invalid model specified: Validation Result: warnings : [], errors : [Invalid "
                  "model schema specified{}]",
                  more));
}

std::optional<double> number_of(const json::value& value) {
  if (!value.is_number()) return std::nullopt;
  return value.to_number<double>();
}

bool all_different(const json::array& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (values[i] == values[j]) return false;
    }
  }
  return true;
}

class Checker {
 public:
  explicit Checker(std::string_view api_id) : api_id_(api_id) {}

  void schema(const json::value& value) {
    if (!value.is_object() || ++count_ > kSubschemas) throw invalid_schema();
    const json::object& members = value.as_object();
    std::string unknown;
    for (const auto& [name, member] : members) {
      if (const Keyword* keyword = find_keyword(name)) {
        keyword_value(keyword->kind, member);
      } else if (!std::string_view(name).starts_with("x-")) {
        unknown += fmt::format("{}\"{}\"", unknown.empty() ? "" : ", ", std::string_view(name));
      }
    }
    if (!unknown.empty()) {
      throw invalid_schema(fmt::format(". Unsupported keyword(s): [{}]", unknown));
    }
    // Validation draft §5.1.2: a bound must be there for its exclusiveness.
    need(!members.contains("exclusiveMinimum") || members.contains("minimum"));
    need(!members.contains("exclusiveMaximum") || members.contains("maximum"));
    if (const auto ref = json::find_string(members, "$ref")) reference(*ref);
  }

 private:
  static void need(bool fine) {
    if (!fine) throw invalid_schema();
  }

  void keyword_value(Kind kind, const json::value& value) {
    switch (kind) {
      case Kind::kAny:
        return;
      case Kind::kText:
        return need(value.is_string());
      case Kind::kNumber:
        return need(value.is_number());
      case Kind::kPositive:
        return need(number_of(value).value_or(0) > 0);
      case Kind::kCount:
        return need(value.is_uint64() || (value.is_int64() && value.as_int64() >= 0));
      case Kind::kFlag:
        return need(value.is_bool());
      case Kind::kType:
        return type(value);
      case Kind::kChoices:
        return need(value.is_array() && !value.as_array().empty() &&
                    value.as_array().size() <= kSubschemas && all_different(value.as_array()));
      case Kind::kTexts:
        return texts(value);
      case Kind::kPattern:
        need(value.is_string());
        return pattern(json::view(value.as_string()));
      default:
        return schemas(kind, value);
    }
  }

  void schemas(Kind kind, const json::value& value) {
    const bool list = kind == Kind::kSchemas || (kind == Kind::kSchemaOrList && value.is_array());
    if (list) {
      need(value.is_array() && !value.as_array().empty());
      for (const json::value& each : value.as_array()) schema(each);
    } else if (kind == Kind::kSchema || kind == Kind::kSchemaOrList) {
      schema(value);
    } else if (kind == Kind::kFlagOrSchema) {
      if (!value.is_bool()) schema(value);
    } else {
      map(kind, value);
    }
  }

  void map(Kind kind, const json::value& value) {
    need(value.is_object());
    for (const auto& [name, member] : value.as_object()) {
      if (kind == Kind::kPatternMap) pattern(name);
      if (kind == Kind::kDependencies && member.is_array()) {
        texts(member);
      } else {
        schema(member);
      }
    }
  }

  static void texts(const json::value& value) {
    need(value.is_array() && !value.as_array().empty() && value.as_array().size() <= kSubschemas);
    for (const json::value& each : value.as_array()) need(each.is_string());
    need(all_different(value.as_array()));
  }

  static void type(const json::value& value) {
    if (value.is_string()) return need(type_bit(json::view(value.as_string())) != 0);
    texts(value);
    for (const json::value& each : value.as_array()) {
      need(type_bit(json::view(each.as_string())) != 0);
    }
  }

  void pattern(std::string_view text) {
    const auto compiled = compile_pattern(text);
    if (compiled == nullptr) {
      throw errors::not_implemented(fmt::format("The pattern {} of a model's schema", text));
    }
    pattern_steps_ += static_cast<std::size_t>(compiled->ProgramSize());
    if (pattern_steps_ > kPatternSteps) {
      throw errors::not_implemented(
          fmt::format("A model's schema whose patterns take more than {} steps", kPatternSteps));
    }
  }

  void reference(std::string_view ref) const {
    if (ref.starts_with('#') || model_of_url(ref, api_id_)) return;
    throw invalid_schema(", Model reference must be in canonical form");
  }

  std::string_view api_id_;
  std::size_t count_ = 0;
  std::size_t pattern_steps_ = 0;
};

}  // namespace

unsigned type_bit(std::string_view name) {
  constexpr std::array<std::string_view, 7> kTypes = {"array",  "boolean", "integer", "null",
                                                      "number", "object",  "string"};
  const auto* found = std::find(kTypes.begin(), kTypes.end(), name);
  return found == kTypes.end() ? 0U : 1U << static_cast<unsigned>(found - kTypes.begin());
}

std::string model_url(std::string_view api_id, std::string_view name) {
  return fmt::format("{}{}/models/{}", kModelsPrefix, api_id, name);
}

std::optional<std::string> model_of_url(std::string_view url, std::string_view api_id) {
  const std::string prefix = model_url(api_id, "");
  if (!url.starts_with(prefix)) return std::nullopt;
  const std::string_view name = url.substr(prefix.size());
  return std::string(name.substr(0, name.find('#')));
}

bool may_be_slow(std::string_view schema) {
  return schema.size() > kCheckedOnLoop || core::find_text(schema, "attern") != schema.npos;
}

void check_schema(std::string_view text, std::string_view api_id) {
  if (text.empty()) {
    throw errors::bad_request("Model schema must have at least 1 property or array items defined");
  }
  if (text.size() > kSchemaBytes) {
    throw errors::bad_request("Model schema cannot be larger than 400 KB");
  }
  const auto parsed = json::parse_text(text, kSchemaDepth);
  if (!parsed) throw invalid_schema();
  Checker(api_id).schema(parsed.value());
}

}  // namespace tandem::apigateway
