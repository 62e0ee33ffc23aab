#include "services/lambda/model/name.h"

#include <vector>

#include "aws/arn.h"
#include "core/text.h"
#include "services/lambda/errors.h"

namespace tandem::lambda {
namespace {

void check_region(std::string_view given, std::string_view region) {
  if (given != region) {
    throw errors::not_found(
        fmt::format("Functions from '{}' are not reachable in this region ('{}')", given, region));
  }
}

}  // namespace

bool is_alias_name(std::string_view qualifier) {
  return !qualifier.empty() && qualifier != "$LATEST" &&
         qualifier.find_first_not_of("0123456789") != std::string_view::npos;
}

FunctionReference parse_reference(std::string_view text, std::string_view query_qualifier,
                                  std::string_view region, std::string_view account) {
  // name[:q] | account:function:name[:q] | arn:aws:lambda:region:account:function:name[:q]
  std::vector<std::string_view> parts = core::split(text, ':');
  const std::string whole(text);
  if (parts.size() >= 7 && parts[0] == "arn") {
    check_region(parts[3], region);
    parts.erase(parts.begin(), parts.begin() + 4);
  }
  if (parts.size() >= 3 && parts[1] == "function") {
    if (parts[0] != account) throw errors::function_not_found(whole);
    parts.erase(parts.begin(), parts.begin() + 2);
  } else if (parts.size() >= 2 && parts[0] == "function") {
    parts.erase(parts.begin());
  }
  if (parts.empty() || parts.size() > 2) throw errors::function_not_found(whole);
  FunctionReference reference{std::string(parts[0]), ""};
  if (parts.size() == 2) reference.qualifier = parts[1];
  if (!query_qualifier.empty()) {
    if (!reference.qualifier.empty() && reference.qualifier != query_qualifier) {
      throw errors::invalid_parameter(
          "The derived qualifier from the function name does not match the specified qualifier.");
    }
    reference.qualifier = query_qualifier;
  }
  return reference;
}

std::string function_arn(std::string_view region, std::string_view account, std::string_view name) {
  return aws::make_arn("lambda", region, account, "function:" + std::string(name));
}

}  // namespace tandem::lambda
