// Every resource type: a factory each, listed in table.cc.
#pragma once

#include <vector>

#include "services/cloudformation/resources/handler.h"

namespace tandem::cloudformation {

std::vector<ResourceType> resource_types();

ResourceType api_gateway_api_key();
ResourceType api_gateway_base_path_mapping();
ResourceType api_gateway_deployment();
ResourceType api_gateway_domain_name();
ResourceType api_gateway_gateway_response();
ResourceType api_gateway_method();
ResourceType api_gateway_resource();
ResourceType api_gateway_rest_api();
ResourceType api_gateway_stage();
ResourceType api_gateway_usage_plan();
ResourceType api_gateway_usage_plan_key();
ResourceType certificate_manager_certificate();
ResourceType dynamodb_global_table();
ResourceType dynamodb_table();
ResourceType iam_policy();
ResourceType iam_role();
ResourceType lambda_function();
ResourceType lambda_permission();
ResourceType logs_log_group();
ResourceType route53_health_check();
ResourceType route53_hosted_zone();
ResourceType route53_record_set();
ResourceType route53_record_set_group();
ResourceType s3_bucket();

}  // namespace tandem::cloudformation
