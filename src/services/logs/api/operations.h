// The operations of CloudWatch Logs and what they share.
#pragma once

#include <fmt/format.h>
#include <string>
#include <string_view>

#include "core/json.h"
#include "service/environment.h"
#include "service/operation.h"
#include "service/page.h"
#include "service/tags.h"
#include "services/logs/errors.h"
#include "services/logs/store/log_store.h"

namespace tandem::logs::api {

/// What every operation works on.
struct Scope {
  const service::Environment& environment;
  LogStore& logs;
  service::TagSource caller = service::TagSource::kService;

  std::int64_t now_ms() const { return environment.clock.now_ms(); }
  std::string group_arn(std::string_view group) const;
};

json::object create_log_group(const Scope& scope, const json::object& input);
json::object delete_log_group(const Scope& scope, const json::object& input);
json::object describe_log_groups(const Scope& scope, const json::object& input);
json::object put_retention_policy(const Scope& scope, const json::object& input);
json::object delete_retention_policy(const Scope& scope, const json::object& input);

json::object create_log_stream(const Scope& scope, const json::object& input);
json::object delete_log_stream(const Scope& scope, const json::object& input);
json::object describe_log_streams(const Scope& scope, const json::object& input);

json::object put_log_events(const Scope& scope, const json::object& input);
json::object get_log_events(const Scope& scope, const json::object& input);
json::object filter_log_events(const Scope& scope, const json::object& input);

json::object tag_log_group(const Scope& scope, const json::object& input);
json::object untag_log_group(const Scope& scope, const json::object& input);
json::object list_tags_log_group(const Scope& scope, const json::object& input);
json::object tag_resource(const Scope& scope, const json::object& input);
json::object untag_resource(const Scope& scope, const json::object& input);
json::object list_tags_for_resource(const Scope& scope, const json::object& input);

/// The group named by logGroupName or logGroupIdentifier (a name or an ARN).
std::string group_name(const Scope& scope, const json::object& input);
/// Its document; throws ResourceNotFoundException.
json::object require_group(const Scope& scope, std::string_view group);
json::object require_stream(const Scope& scope, std::string_view group, std::string_view stream);
/// How long events of the group are kept, at the pace of the clock; 0: for ever.
std::chrono::milliseconds retention(const Scope& scope, const json::object& group);
/// Epoch ms before which the group's events have expired; 0 without a retention policy.
std::int64_t expiry_ms(const Scope& scope, const json::object& group);
json::object new_group(std::int64_t now_ms);
json::object new_stream(std::int64_t now_ms);

inline constexpr service::TagRules kTagRules{
    .too_many = [](std::string_view) { return errors::too_many_tags(); },
    .reserved =
        [](std::string_view key) {
          return errors::invalid_parameter(fmt::format(
              "Tag key {} is not allowed: keys that begin with aws: are reserved.", key));
        }};

/// How groups and streams are paged. (A page of events ends at a place in its streams instead.)
inline constexpr service::PageStyle kPages{.token = "nextToken",
                                           .next = "nextToken",
                                           .limit = "limit",
                                           .usual = 50,
                                           .invalid = errors::invalid_next_token};

}  // namespace tandem::logs::api
