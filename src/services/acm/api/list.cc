#include <algorithm>

#include "service/page.h"
#include "services/acm/errors.h"
#include "services/acm/state.h"

namespace tandem::acm {
namespace {

constexpr service::PageStyle kPages{
    .token = "NextToken", .next = "NextToken", .limit = "MaxItems", .usual = 1'000, .invalid = [] {
      return errors::validation("The NextToken is not valid");
    }};

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
                       {"KeyAlgorithm", shown_algorithm(record)},
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

/// The key rows are listed by: the id, or when it was created and the id.
std::string key_of(const json::object& input, const std::string& id, const json::object& record) {
  if (!input.contains("SortBy")) return id;
  return service::sortable(json::int_or(record, "CreatedAt", 0)) + '/' + id;
}

}  // namespace

Reply list_certificates(State& state, RequestContext&, const json::object& input) {
  if (input.contains("SortBy") != input.contains("SortOrder")) {
    throw errors::validation("SortBy and SortOrder must be specified together");
  }
  const bool descending = json::string_or(input, "SortOrder") == "DESCENDING";
  auto rows = state.certificates.list();
  std::sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) {
    const std::string left = key_of(input, a.first, a.second);
    const std::string right = key_of(input, b.first, b.second);
    return descending ? left > right : left < right;
  });
  service::Page page(
      kPages, input, "CertificateSummaryList",
      descending ? service::Page::Order::kDescending : service::Page::Order::kAscending);
  for (const auto& [id, record] : rows) {
    if (!is_wanted(state, record, input)) continue;
    const auto shown = [&, &row_id = id, &row = record] { return summary(state, row_id, row); };
    if (!page.add(key_of(input, id, record), shown)) break;
  }
  return std::move(page).finish();
}

}  // namespace tandem::acm
