#include "aws/arn.h"
#include "services/dynamodb/api/table_errors.h"
#include "services/dynamodb/api/table_operations.h"
#include "services/dynamodb/api/table_settings.h"

namespace tandem::dynamodb {
namespace {

using aws::ApiError;

const Table& find_by_arn(const TablePlane& plane, const json::object& input) {
  const std::string arn = json::string_or(input, "ResourceArn");
  if (!arn.starts_with("arn:")) throw invalid_values("ARNs must start with 'arn:': " + arn);
  const auto parsed = aws::Arn::parse(arn);
  if (!parsed || parsed->service != "dynamodb") {
    throw invalid_values("Provided Arn is not a DynamoDB resource arn: " + arn);
  }
  const bool table_or_stream = parsed->resource.starts_with("table/") &&
                               parsed->resource.find("/index/") == std::string::npos;
  if (!table_or_stream) {
    throw invalid_values(
        "Invalid resource arn provided, only table or stream is accepted. Provided resource arn: " +
        arn);
  }
  if (parsed->region != plane.environment.region) {
    throw ApiError::validation_exception(
        "Invalid TableArn: Invalid ResourceArn provided as input " + arn);
  }
  const Table* table = plane.tables.find(arn);
  if (table == nullptr) {
    throw ApiError(400, "ResourceNotFoundException",
                   fmt::format("Requested resource not found: ResourcArn: {} not found", arn));
  }
  return *table;
}

}  // namespace

service::Reply tag_resource(TablePlane& plane, const json::object& input) {
  if (input.at("Tags").as_array().empty()) {
    throw ApiError::validation_exception("Atleast one Tag needs to be provided as Input.");
  }
  Table table = find_by_arn(plane, input);
  add_tags(table, input);
  plane.tables.update(std::move(table));
  return {};
}

service::Reply untag_resource(TablePlane& plane, const json::object& input) {
  const json::array& keys = input.at("TagKeys").as_array();
  if (keys.empty()) {
    throw ApiError::validation_exception("Atleast one Tag Key needs to be provided as Input.");
  }
  Table table = find_by_arn(plane, input);
  remove_tags(table, keys);
  plane.tables.update(std::move(table));
  return {};
}

service::Reply list_tags_of_resource(TablePlane& plane, const json::object& input) {
  return json::object{{"Tags", list_of_tags(find_by_arn(plane, input))}};
}

}  // namespace tandem::dynamodb
