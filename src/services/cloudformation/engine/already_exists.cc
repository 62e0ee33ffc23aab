#include "services/cloudformation/engine/already_exists.h"

#include <fmt/format.h>

namespace tandem::cloudformation {

std::string already_exists_text(std::string_view type, std::string_view name) {
  std::string text =
      fmt::format("Resource of type '{}' with identifier '{}' already exists.", type, name);
  if (type == "AWS::DynamoDB::GlobalTable") {
    text +=
        " A global table belongs to the stack of one region, which makes the replicas in the "
        "others: leave it out of the other regions' stacks.";
  } else if (type == "AWS::ApiGateway::ApiKey") {
    text += " A key's value is unique in its region, too: another key may have this one's.";
  }
  return text;
}

}  // namespace tandem::cloudformation
