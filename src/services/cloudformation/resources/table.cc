#include "services/cloudformation/resources/table.h"

#include <algorithm>

namespace tandem::cloudformation {

std::vector<const Row*> all_rows() {
  std::vector<const Row*> all;
  for (const auto rows : {api_gateway_rows(), api_gateway_stage_rows(), api_gateway_model_rows(),
                          service_rows(), lambda_rows()}) {
    for (const Row& row : rows) all.push_back(&row);
  }
  return all;
}

const Row* find_row(std::string_view type) {
  const std::vector<const Row*> all = all_rows();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Row* row) { return row->type == type; });
  return found == all.end() ? nullptr : *found;
}

std::vector<ResourceType> resource_types() {
  std::vector<ResourceType> types;
  for (const Row* row : all_rows()) types.push_back(type_of(*row));
  for (auto make : {application_autoscaling_scaling_policy, certificate_manager_certificate,
                    cloudformation_custom_resource, cloudformation_wait_condition,
                    cloudformation_wait_condition_handle, codepipeline_pipeline,
                    dynamodb_global_table, route53_record_set, route53_record_set_group}) {
    types.push_back(make());
  }
  return types;
}

}  // namespace tandem::cloudformation
