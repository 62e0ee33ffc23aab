#include <algorithm>

#include "core/bytes.h"
#include "services/acm/errors.h"
#include "services/acm/state.h"

namespace tandem::acm {
namespace {

constexpr std::int64_t kDefaultItems = 1'000;

/// True when filter is absent or empty, or holds one of values.
bool passes(const json::array* filter, const json::array& values) {
  if (filter == nullptr || filter->empty()) return true;
  return std::any_of(values.begin(), values.end(), [&](const json::value& value) {
    return std::find(filter->begin(), filter->end(), value) != filter->end();
  });
}

json::array extended_names(const json::object& record) {
  json::array names;
  for (const json::value& each : record.at("ExtendedKeyUsages").as_array()) {
    names.push_back(each.at("Name"));
  }
  return names;
}

bool is_wanted(const State& state, const json::object& record, const json::object& input) {
  const json::array status{json::value(status_of(state, record))};
  if (!passes(json::find_array(input, "CertificateStatuses"), status)) return false;
  const json::object* includes = json::find_object(input, "Includes");
  const json::array* key_types =
      includes == nullptr ? nullptr : json::find_array(*includes, "keyTypes");
  // ACM API reference, Filters: without key types only these are listed.
  const json::array usual = {"RSA_1024", "RSA_2048"};
  if (key_types == nullptr || key_types->empty()) key_types = &usual;
  json::array type;
  type.push_back(record.at("KeyAlgorithm"));
  if (!passes(key_types, type)) return false;
  if (includes == nullptr) return true;
  return passes(json::find_array(*includes, "keyUsage"), record.at("KeyUsages").as_array()) &&
         passes(json::find_array(*includes, "extendedKeyUsage"), extended_names(record));
}

json::object summary(const State& state, const std::string& id, const json::object& record) {
  const std::string arn = arn_of(state, id);
  json::object summary{{"CertificateArn", arn},
                       {"DomainName", record.at("DomainName")},
                       {"SubjectAlternativeNameSummaries", record.at("SubjectAlternativeNames")},
                       {"HasAdditionalSubjectAlternativeNames", false},
                       {"Status", status_of(state, record)},
                       {"Type", record.at("Type")},
                       {"KeyAlgorithm", record.at("KeyAlgorithm")},
                       {"KeyUsages", record.at("KeyUsages")},
                       {"ExtendedKeyUsages", extended_names(record)},
                       {"InUse", !users_of(state, arn).empty()},
                       {"RenewalEligibility", "INELIGIBLE"},
                       {"NotBefore", record.at("NotBefore")},
                       {"NotAfter", record.at("NotAfter")},
                       {"CreatedAt", record.at("CreatedAt")}};
  for (const char* member : {"IssuedAt", "ImportedAt"}) {
    if (record.contains(member)) summary[member] = record.at(member);
  }
  return summary;
}

/// Sorts by creation when asked to; otherwise rows stay in order of id.
void sort_rows(const json::object& input, std::vector<std::pair<std::string, json::object>>& rows) {
  const bool by = json::find(input, "SortBy") != nullptr;
  const std::string order = json::string_or(input, "SortOrder");
  if (by != !order.empty()) {
    throw errors::validation("SortBy and SortOrder must be specified together");
  }
  if (!by) return;
  std::stable_sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) {
    const std::int64_t left = json::int_or(a.second, "CreatedAt", 0);
    const std::int64_t right = json::int_or(b.second, "CreatedAt", 0);
    return order == "DESCENDING" ? left > right : left < right;
  });
}

}  // namespace

Reply list_certificates(State& state, RequestContext&, const json::object& input) {
  auto rows = state.certificates.list();
  sort_rows(input, rows);
  std::string after;
  if (const auto token = json::find_string(input, "NextToken")) {
    const auto id = core::base64_decode(*token);
    if (!id) throw errors::validation("The NextToken is not valid");
    after = *id;
  }
  const auto limit = static_cast<std::size_t>(json::int_or(input, "MaxItems", kDefaultItems));
  json::array summaries;
  json::object output;
  bool skipping = !after.empty();
  std::string last;
  for (const auto& [id, record] : rows) {
    if (skipping) {
      skipping = id != after;
      continue;
    }
    if (!is_wanted(state, record, input)) continue;
    if (summaries.size() == limit) {
      output["NextToken"] = core::base64_encode(last);
      break;
    }
    summaries.push_back(summary(state, id, record));
    last = id;
  }
  output["CertificateSummaryList"] = std::move(summaries);
  return output;
}

}  // namespace tandem::acm
