// Every resource type: a row, or where the type is too much its own, a factory.
#pragma once

#include <span>
#include <vector>

#include "services/cloudformation/resources/row.h"

namespace tandem::cloudformation {

std::vector<ResourceType> resource_types();

std::span<const Row> api_gateway_rows();
std::span<const Row> api_gateway_stage_rows();
std::span<const Row> api_gateway_model_rows();
std::span<const Row> service_rows();
std::span<const Row> lambda_rows();
/// The row of a type that is one.
const Row* find_row(std::string_view type);
/// All of the above.
std::vector<const Row*> all_rows();

ResourceType application_autoscaling_scaling_policy();
ResourceType certificate_manager_certificate();
ResourceType cloudformation_custom_resource();
ResourceType cloudformation_wait_condition();
ResourceType cloudformation_wait_condition_handle();
ResourceType codepipeline_pipeline();
ResourceType dynamodb_global_table();
ResourceType route53_record_set();
ResourceType route53_record_set_group();

}  // namespace tandem::cloudformation
