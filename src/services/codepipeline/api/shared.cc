#include "aws/arn.h"
#include "services/codepipeline/api/operations.h"

namespace tandem::codepipeline::api {

const service::TagRules kTagRules{
    .too_many = [](std::string_view) { return errors::too_many_tags(); },
    .reserved =
        [](std::string_view key) {
          return errors::invalid_tags(fmt::format(
              "Tag key {} is not allowed: keys that begin with aws: are reserved.", key));
        },
    .duplicate =
        [](std::string_view key) {
          return errors::invalid_tags(fmt::format("Tag key {} is given more than once.", key));
        }};

const service::PageStyle kPages{.token = "nextToken",
                                .next = "nextToken",
                                .limit = "maxResults",
                                .usual = 100,
                                .most = 1'000,
                                .invalid = errors::invalid_next_token};

std::string Scope::arn(std::string_view pipeline) const {
  return aws::make_arn("codepipeline", engine.environment().region, account(), pipeline);
}

json::object Scope::require_pipeline(std::string_view name) const {
  auto found = store().pipeline(name);
  if (!found) throw errors::pipeline_not_found(account(), name);
  return std::move(*found);
}

Scope::FoundExecution Scope::require_execution(std::string_view pipeline,
                                               std::string_view id) const {
  const auto key = store().find_execution(id);
  if (key && key->pipeline == pipeline) {
    if (auto document = store().execution(*key)) return {*key, std::move(*document)};
  }
  throw errors::execution_not_found(pipeline, id);
}

double seconds_of(const json::object& document, std::string_view member) {
  return static_cast<double>(json::int_or(document, member, 0)) / 1000.0;
}

json::object tag_map(const json::value* list) {
  json::object map;
  if (list == nullptr || !list->is_array()) return map;
  for (const json::value& one : list->get_array()) {
    if (!one.is_object()) continue;
    const std::string key = json::string_or(one.get_object(), "key");
    if (map.contains(key)) {
      throw errors::invalid_tags(fmt::format("Tag key {} is given more than once.", key));
    }
    map[key] = json::string_or(one.get_object(), "value");
  }
  return map;
}

json::array tag_list(const json::object& map) {
  json::array list;
  for (const auto& [key, value] : map) {
    list.push_back(json::object{{"key", key}, {"value", value}});
  }
  return list;
}

}  // namespace tandem::codepipeline::api
