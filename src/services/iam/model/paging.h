// How IAM's lists are paged.
#pragma once

#include "service/page.h"
#include "services/iam/errors.h"

namespace tandem::iam {

/// Marker and MaxItems, the same for every list.
inline constexpr service::PageStyle kPages{
    .token = "Marker",
    .next = "Marker",
    .limit = "MaxItems",
    .usual = 100,
    .truncated = "IsTruncated",
    .invalid = [] { return errors::validation_error("Invalid Marker."); }};

}  // namespace tandem::iam
