// What an integration's parameter mappings, templates and responses have to be before they are
// stored. Each throws BadRequestException in AWS's words.
#pragma once

#include <string>
#include <string_view>

#include "core/json.h"

namespace tandem::apigateway {

/// requestParameters of an integration of method: what they take from the request has to be
/// declared there.
void check_request_mappings(const json::object* parameters, const json::object& method);
/// responseParameters of the integration response with this status: the method response has to
/// declare the headers they set.
void check_response_mappings(const json::object* parameters, const json::object& method,
                             const std::string& status);
/// Keys are content types, or "$default"; texts are at most as long as AWS allows. Whether a
/// template can be parsed shows when it is used, as on AWS.
void check_templates(const json::object* templates);
/// Parameters that make up a cache key: declared by the method, or mapped by the integration.
void check_cache_keys(const json::array* keys, const json::object& method,
                      const json::object* mappings);
void check_selection_pattern(std::string_view pattern);

/// Of the input, the maps that say something.
void copy_filled_maps(const json::object& input, json::object& to,
                      std::initializer_list<std::string_view> members);

}  // namespace tandem::apigateway
