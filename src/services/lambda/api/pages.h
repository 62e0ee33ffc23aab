// How Lambda's lists are paged.
#pragma once

#include "service/page.h"
#include "services/lambda/errors.h"

namespace tandem::lambda::api {

// "… returns up to 50 items in each response, even if you set the number higher."
inline constexpr service::PageStyle kPages{
    .token = "Marker",
    .next = "NextMarker",
    .limit = "MaxItems",
    .usual = 50,
    .most = 50,
    .invalid = [] { return errors::invalid_parameter("Invalid marker."); }};

}  // namespace tandem::lambda::api
