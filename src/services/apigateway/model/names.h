// Which names and ids API Gateway accepts, and how it words its refusal. Pure rules; each throws
// BadRequestException.
#pragma once

#include <string>
#include <string_view>

#include "core/json.h"
#include "core/random.h"

namespace tandem::apigateway {

/// Lower-case letters and digits: 10 for APIs and keys, 6 for resources, deployments and plans.
std::string make_id(core::Random& random, std::size_t length);

/// "todos", "{id}", "{proxy+}".
enum class PartKind { kLiteral, kVariable, kGreedy };
PartKind check_path_part(std::string_view part);
/// "id" of "{id}" and "{id+}".
std::string_view variable_name(std::string_view part);

void check_stage_name(std::string_view name);
/// Names and values of stage variables, and how many.
void check_stage_variables(const json::object& variables);
void check_http_method(std::string_view method);
void check_api_key_value(std::string_view value);
void check_domain_name(std::string_view name);
/// The stored form: "(none)" for "" and "(none)".
std::string normal_base_path(std::string_view path);
void check_base_path(std::string_view path);
/// Whether a certificate's name ("*.example.com" covers one label) covers domain.
bool name_covers(std::string_view name, std::string_view domain);

}  // namespace tandem::apigateway
