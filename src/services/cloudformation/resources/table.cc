#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {

std::vector<ResourceType> resource_types() {
  std::vector<ResourceType> types;
  for (auto make : {api_gateway_api_key,
                    api_gateway_base_path_mapping,
                    api_gateway_deployment,
                    api_gateway_domain_name,
                    api_gateway_gateway_response,
                    api_gateway_method,
                    api_gateway_resource,
                    api_gateway_rest_api,
                    api_gateway_stage,
                    api_gateway_usage_plan,
                    api_gateway_usage_plan_key,
                    certificate_manager_certificate,
                    dynamodb_global_table,
                    dynamodb_table,
                    iam_policy,
                    iam_role,
                    lambda_function,
                    lambda_permission,
                    logs_log_group,
                    route53_health_check,
                    route53_hosted_zone,
                    route53_record_set,
                    route53_record_set_group,
                    s3_bucket}) {
    types.push_back(make());
  }
  return types;
}

}  // namespace tandem::cloudformation
