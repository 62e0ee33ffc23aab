// Short ways to write attribute values and to catch errors, for the tests of this folder.
#pragma once

#include <string>
#include <string_view>

#include "aws/error.h"
#include "services/dynamodb/model/substitutions.h"
#include "services/dynamodb/model/value_codec.h"

namespace tandem::dynamodb::testing {

/// From DynamoDB JSON, valid.
inline Map item(std::string_view json) {
  JsonReader reader(json);
  Problem problem;
  Map map = read_map(reader, problem);
  reader.finish();
  if (problem) throw aws::ApiError::validation_exception(problem.message);
  return map;
}

inline Value value(std::string_view json) {
  JsonReader reader(json);
  Problem problem;
  Value out = read_value(reader, problem);
  reader.finish();
  if (problem) throw aws::ApiError::validation_exception(problem.message);
  return out;
}

/// From the JSON of ExpressionAttributeNames and ExpressionAttributeValues; "" for none.
inline Substitutions substitutions(std::string_view names, std::string_view values) {
  Substitutions out;
  if (!names.empty()) {
    JsonReader reader(names);
    out.read_names(reader);
  }
  if (!values.empty()) {
    JsonReader reader(values);
    out.read_values(reader);
  }
  out.validate();
  return out;
}

/// The message of the ApiError that call throws; "no error" when it throws none.
template <class Call>
std::string error_of(Call&& call) {
  try {
    call();
  } catch (const aws::ApiError& error) {
    return error.message();
  }
  return "no error";
}

}  // namespace tandem::dynamodb::testing
