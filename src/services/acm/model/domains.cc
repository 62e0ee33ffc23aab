#include "services/acm/model/domains.h"

#include <algorithm>

#include "core/bytes.h"
#include "core/text.h"

namespace tandem::acm {
namespace {

bool is_label(std::string_view label) {
  const bool characters = std::all_of(label.begin(), label.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
  return !label.empty() && label.size() <= 63 && characters && label.front() != '-' &&
         label.back() != '-';
}

std::string_view without_wildcard(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  return name;
}

std::string digest(std::string_view purpose, std::string_view account, std::string_view name) {
  return core::hex_encode(
             core::sha256(
                 core::join({std::string(purpose), std::string(account), std::string(name)}, "/")))
      .substr(0, 32);
}

}  // namespace

bool is_domain_name(std::string_view name) {
  const auto labels = core::split(without_wildcard(name), '.');
  return name.size() <= 253 && labels.size() >= 2 &&
         std::all_of(labels.begin(), labels.end(), is_label) && labels.back().size() >= 2;
}

std::vector<std::string> distinct_names(std::string_view domain,
                                        const std::vector<std::string>& alternatives) {
  std::vector<std::string> names = {core::to_lower(domain)};
  for (const std::string& each : alternatives) {
    std::string name = core::to_lower(each);
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(std::move(name));
    }
  }
  return names;
}

json::object validation_record(std::string_view account, std::string_view name) {
  const std::string base(without_wildcard(name));
  const std::string zone = digest("zone", account, base).substr(0, 10);
  return {{"Name", "_" + digest("name", account, base) + "." + base + "."},
          {"Type", "CNAME"},
          {"Value", "_" + digest("value", account, base) + "." + zone + ".acm-validations.aws."}};
}

}  // namespace tandem::acm
