// AWS's query protocol: a structure as "Name=value" pairs with dotted paths.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/model.h"
#include "aws/unknown.h"
#include "core/json.h"

namespace tandem::aws {

using FormFields = std::vector<std::pair<std::string, std::string>>;

/// Whether a form has more fields than any operation takes: before they are taken apart.
bool has_too_many_fields(std::string_view form);

/// Lists are Name.member.N (or Name.N when flattened; a lone empty Name is the empty list), maps
/// Name.entry.N.key and .value. Fields that lead nowhere are left out, and named in unknown when it
/// is given. Throws ApiError (code "MalformedInput") for a value of the wrong type, what is no
/// text, or more than 10,000 fields.
json::object decode_query(const model::Shape& structure, const FormFields& fields,
                          UnknownNames* unknown = nullptr);

/// The inverse, without Action and Version.
FormFields encode_query(const model::Shape& structure, const json::object& document);

std::string encode_form(const FormFields& fields);

}  // namespace tandem::aws
