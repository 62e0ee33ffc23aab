#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {

std::vector<const Row*> all_rows() {
  std::vector<const Row*> all;
  for (const auto rows : {api_gateway_rows(), api_gateway_stage_rows(), service_rows()}) {
    for (const Row& row : rows) all.push_back(&row);
  }
  return all;
}

std::vector<ResourceType> resource_types() {
  std::vector<ResourceType> types;
  for (const Row* row : all_rows()) types.push_back(type_of(*row));
  for (auto make : {certificate_manager_certificate, dynamodb_global_table, route53_record_set,
                    route53_record_set_group}) {
    types.push_back(make());
  }
  return types;
}

}  // namespace tandem::cloudformation
