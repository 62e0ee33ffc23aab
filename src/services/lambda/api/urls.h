// The operations of function URLs.
#pragma once

#include "services/lambda/api/operations.h"

namespace tandem::lambda::api {

Reply create_function_url_config(Scope& scope, const json::object& input);
Reply get_function_url_config(Scope& scope, const json::object& input);
Reply update_function_url_config(Scope& scope, const json::object& input);
Reply delete_function_url_config(Scope& scope, const json::object& input);
Reply list_function_url_configs(Scope& scope, const json::object& input);

}  // namespace tandem::lambda::api
