// What the operation files share: lookups that throw the right exception, paging, ids.
#pragma once

#include <fmt/format.h>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"
#include "service/operation.h"
#include "service/tags.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/state.h"

namespace tandem::apigateway {

/// The input's string member; empty when absent.
inline std::string text(const json::object& input, std::string_view member) {
  return json::string_or(input, member);
}

/// Each throws NotFoundException.
json::object need_api(const State& state, const std::string& api_id);
json::object need_resource(const State& state, const std::string& api_id,
                           const std::string& resource_id);
json::object need_deployment(const State& state, const std::string& api_id,
                             const std::string& deployment_id);
json::object need_stage(const State& state, const std::string& api_id, const std::string& stage);
json::object need_key(const State& state, const std::string& key_id);
json::object need_plan(const State& state, const std::string& plan_id);
json::object need_domain(const State& state, const std::string& domain);

/// An id of this length that collection does not hold yet under parent ("" for none).
std::string fresh_id(State& state, const store::Documents& collection, std::string_view parent,
                     std::size_t length);

/// Copies the members that are present and not null.
void copy_members(const json::object& from, json::object& to,
                  std::initializer_list<std::string_view> members);

inline constexpr service::TagRules kTagRules{
    .too_many =
        [](std::string_view) {
          return errors::bad_request("Resource cannot have more than 50 tags");
        },
    .reserved =
        [](std::string_view key) {
          return errors::bad_request(fmt::format(
              "Invalid tag key: {}. aws: prefixed tag key names are not allowed for external use.",
              key));
        },
    .bad_key =
        [](std::string_view) {
          return errors::bad_request("Tag keys must have between 1 and 128 characters");
        },
    .bad_value =
        [](std::string_view) {
          return errors::bad_request("Tag values must have at most 256 characters");
        }};

/// "tags" of the input, checked; stored only when there are any.
void take_tags(const service::RequestContext& context, const json::object& input,
               json::object& document);

/// A list operation's answer: at most the input's limit (25, at most 500) of the documents whose
/// key starts with prefix, after the input's position, that keep; each as show makes it.
struct Listing {
  const store::Documents& collection;
  std::string prefix;
  std::function<bool(const json::object&)> keep;
  std::function<json::object(const std::string& key, json::object document)> show;
};
json::object list_page(const json::object& input, const Listing& listing);

/// Refuses a member whose only honoured value is the given one (false, or an empty text).
void only_false(const json::object& input, std::string_view member);

}  // namespace tandem::apigateway
