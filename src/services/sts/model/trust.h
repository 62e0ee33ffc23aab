// The part of a trust policy that STS decides by here.
#pragma once

#include <optional>
#include <string_view>

namespace tandem::sts {

/// False when every statement that allows assuming the role asks for an external id (StringEquals
/// on sts:ExternalId) and given is none of those.
bool external_id_accepted(std::string_view trust_policy,
                          const std::optional<std::string_view>& given);

}  // namespace tandem::sts
