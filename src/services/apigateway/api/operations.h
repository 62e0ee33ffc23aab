// Every operation of the control plane, one function each; table.cc lists them.
#pragma once

#include <vector>

#include "core/json.h"
#include "service/operation.h"
#include "services/apigateway/state.h"

namespace tandem::apigateway {

using service::Reply;
using service::RequestContext;

// rest_apis.cc
Reply create_rest_api(State& state, RequestContext& context, const json::object& input);
Reply get_rest_api(State& state, RequestContext& context, const json::object& input);
Reply get_rest_apis(State& state, RequestContext& context, const json::object& input);
Reply update_rest_api(State& state, RequestContext& context, const json::object& input);
Reply delete_rest_api(State& state, RequestContext& context, const json::object& input);
// resources.cc
Reply create_resource(State& state, RequestContext& context, const json::object& input);
Reply get_resource(State& state, RequestContext& context, const json::object& input);
Reply get_resources(State& state, RequestContext& context, const json::object& input);
Reply update_resource(State& state, RequestContext& context, const json::object& input);
Reply delete_resource(State& state, RequestContext& context, const json::object& input);
// methods.cc
Reply put_method(State& state, RequestContext& context, const json::object& input);
Reply get_method(State& state, RequestContext& context, const json::object& input);
Reply update_method(State& state, RequestContext& context, const json::object& input);
Reply delete_method(State& state, RequestContext& context, const json::object& input);
// responses.cc
Reply put_method_response(State& state, RequestContext& context, const json::object& input);
Reply get_method_response(State& state, RequestContext& context, const json::object& input);
Reply update_method_response(State& state, RequestContext& context, const json::object& input);
Reply delete_method_response(State& state, RequestContext& context, const json::object& input);
Reply put_integration_response(State& state, RequestContext& context, const json::object& input);
Reply get_integration_response(State& state, RequestContext& context, const json::object& input);
Reply update_integration_response(State& state, RequestContext& context, const json::object& input);
Reply delete_integration_response(State& state, RequestContext& context, const json::object& input);
// integrations.cc
Reply put_integration(State& state, RequestContext& context, const json::object& input);
Reply get_integration(State& state, RequestContext& context, const json::object& input);
Reply update_integration(State& state, RequestContext& context, const json::object& input);
Reply delete_integration(State& state, RequestContext& context, const json::object& input);
// gateway_responses.cc
Reply put_gateway_response(State& state, RequestContext& context, const json::object& input);
Reply get_gateway_response(State& state, RequestContext& context, const json::object& input);
Reply get_gateway_responses(State& state, RequestContext& context, const json::object& input);
Reply delete_gateway_response(State& state, RequestContext& context, const json::object& input);
// models.cc
Task<Reply> create_model(State& state, RequestContext& context, json::object input);
Reply get_model(State& state, RequestContext& context, const json::object& input);
Reply get_models(State& state, RequestContext& context, const json::object& input);
Task<Reply> update_model(State& state, RequestContext& context, json::object input);
Reply delete_model(State& state, RequestContext& context, const json::object& input);
Reply get_model_template(State& state, RequestContext& context, const json::object& input);
// request_validators.cc
Reply create_request_validator(State& state, RequestContext& context, const json::object& input);
Reply get_request_validator(State& state, RequestContext& context, const json::object& input);
Reply get_request_validators(State& state, RequestContext& context, const json::object& input);
Reply update_request_validator(State& state, RequestContext& context, const json::object& input);
Reply delete_request_validator(State& state, RequestContext& context, const json::object& input);
// authorizers.cc
Reply create_authorizer(State& state, RequestContext& context, const json::object& input);
Reply get_authorizer(State& state, RequestContext& context, const json::object& input);
Reply get_authorizers(State& state, RequestContext& context, const json::object& input);
Reply update_authorizer(State& state, RequestContext& context, const json::object& input);
Reply delete_authorizer(State& state, RequestContext& context, const json::object& input);
Reply flush_stage_authorizers_cache(State& state, RequestContext& context,
                                    const json::object& input);
// test_authorizer.cc
Task<Reply> test_invoke_authorizer(State& state, RequestContext& context, json::object input);
// imports.cc
Task<Reply> import_rest_api(State& state, RequestContext& context, json::object input);
Task<Reply> put_rest_api(State& state, RequestContext& context, json::object input);
// exports.cc
Reply get_export(State& state, RequestContext& context, const json::object& input);
// deployments.cc
Reply create_deployment(State& state, RequestContext& context, const json::object& input);
Reply get_deployment(State& state, RequestContext& context, const json::object& input);
Reply get_deployments(State& state, RequestContext& context, const json::object& input);
Reply update_deployment(State& state, RequestContext& context, const json::object& input);
Reply delete_deployment(State& state, RequestContext& context, const json::object& input);
// stages.cc
Reply create_stage(State& state, RequestContext& context, const json::object& input);
Reply get_stage(State& state, RequestContext& context, const json::object& input);
Reply get_stages(State& state, RequestContext& context, const json::object& input);
Reply update_stage(State& state, RequestContext& context, const json::object& input);
Reply delete_stage(State& state, RequestContext& context, const json::object& input);
// keys.cc
Reply create_api_key(State& state, RequestContext& context, const json::object& input);
Reply get_api_key(State& state, RequestContext& context, const json::object& input);
Reply get_api_keys(State& state, RequestContext& context, const json::object& input);
Reply update_api_key(State& state, RequestContext& context, const json::object& input);
Reply delete_api_key(State& state, RequestContext& context, const json::object& input);
// plans.cc
Reply create_usage_plan(State& state, RequestContext& context, const json::object& input);
Reply get_usage_plan(State& state, RequestContext& context, const json::object& input);
Reply get_usage_plans(State& state, RequestContext& context, const json::object& input);
Reply update_usage_plan(State& state, RequestContext& context, const json::object& input);
Reply delete_usage_plan(State& state, RequestContext& context, const json::object& input);
// plan_keys.cc
Reply create_usage_plan_key(State& state, RequestContext& context, const json::object& input);
Reply get_usage_plan_key(State& state, RequestContext& context, const json::object& input);
Reply get_usage_plan_keys(State& state, RequestContext& context, const json::object& input);
Reply delete_usage_plan_key(State& state, RequestContext& context, const json::object& input);
// domains.cc
Reply create_domain_name(State& state, RequestContext& context, const json::object& input);
Reply get_domain_name(State& state, RequestContext& context, const json::object& input);
Reply get_domain_names(State& state, RequestContext& context, const json::object& input);
Reply update_domain_name(State& state, RequestContext& context, const json::object& input);
Reply delete_domain_name(State& state, RequestContext& context, const json::object& input);
// mappings.cc
Reply create_base_path_mapping(State& state, RequestContext& context, const json::object& input);
Reply get_base_path_mapping(State& state, RequestContext& context, const json::object& input);
Reply get_base_path_mappings(State& state, RequestContext& context, const json::object& input);
Reply update_base_path_mapping(State& state, RequestContext& context, const json::object& input);
Reply delete_base_path_mapping(State& state, RequestContext& context, const json::object& input);
// account.cc
Reply get_account(State& state, RequestContext& context, const json::object& input);
Task<Reply> update_account(State& state, RequestContext& context, json::object input);
Reply tag_resource(State& state, RequestContext& context, const json::object& input);
Reply untag_resource(State& state, RequestContext& context, const json::object& input);
Reply get_tags(State& state, RequestContext& context, const json::object& input);

/// The table. Borrows state.
std::vector<service::Operation> operations(State& state);

}  // namespace tandem::apigateway
