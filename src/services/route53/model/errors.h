// Route 53's errors by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/error.h"

namespace tandem::route53::errors {

aws::ApiError invalid_input(std::string message);
aws::ApiError invalid_argument(std::string message);
aws::ApiError unknown_record_type(std::string_view type);
/// messages are also the text, as SDKs print it: "[first, second]".
aws::ApiError invalid_change_batch(const std::vector<std::string>& messages);
aws::ApiError invalid_domain_name(std::string message);
aws::ApiError no_such_hosted_zone(std::string_view id);
aws::ApiError hosted_zone_already_exists();
aws::ApiError hosted_zone_not_empty();
aws::ApiError hosted_zone_not_private();
aws::ApiError too_many_hosted_zones();
aws::ApiError no_such_geo_location();
aws::ApiError no_such_change(std::string_view id);
aws::ApiError no_such_health_check(std::string_view id);
aws::ApiError health_check_already_exists(std::string_view reference);
aws::ApiError health_check_version_mismatch(std::int64_t given, std::int64_t current);
aws::ApiError too_many_health_checks();

}  // namespace tandem::route53::errors
