// Reading what requests have in common, and paging answers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "service/page.h"
#include "services/cloudformation/engine/records.h"
#include "services/cloudformation/engine/stack_store.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/model/parameters.h"

namespace tandem::cloudformation {

/// A stack's name or id. Throws AWS's constraint message.
void check_stack_name(const std::string& name);
/// The name of a stack that is yet to be made, so no id. Throws AWS's constraint message.
void check_new_stack_name(const std::string& name);

std::vector<GivenParameter> given_parameters(const json::object& input);
std::vector<std::string> string_list(const json::object& input, std::string_view key);
/// [{Key, Value}], checked; nothing when the request has none.
std::optional<json::array> given_tags(const json::object& input);
/// NotificationARNs must be empty.
void refuse_notifications(const json::object& input);

/// The object a TemplateURL names, in any of S3's URL forms.
struct TemplateObject {
  std::string bucket;
  std::string key;
};
/// Throws "TemplateURL must be a supported URL.".
TemplateObject template_object(const std::string& url);

/// How every list is paged; the caller has no say in the size of a page.
inline constexpr service::PageStyle kPages{
    .token = "NextToken", .next = "NextToken", .limit = {}, .usual = 100, .invalid = [] {
      return validation_error("Invalid NextToken");
    }};

}  // namespace tandem::cloudformation
