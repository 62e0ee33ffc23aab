// The small languages of the services: record data and names, log filter patterns, ranges, request
// paths, ARNs, policies, versions. The first byte chooses which of them the rest is. What parses
// once must parse again from what was made of it.
//
// sources: src/aws/policy_wildcard.cc
// sources: src/core/bytes.cc src/core/check.cc src/core/text.cc src/core/json.cc src/core/ids.cc
// sources: src/core/random.cc src/net/http.cc
// sources: src/aws/arn.cc src/services/apigateway/model/names.cc src/net/dns_name.cc
// sources: src/services/route53/model/rdata.cc src/services/route53/model/svcb.cc
// sources: src/services/route53/model/rdata_text.cc src/services/route53/model/name.cc
// sources: src/services/logs/model/filter_pattern.cc src/services/s3/model/conditions.cc
// sources: src/services/apigateway/model/integration_uri.cc src/services/apigateway/model/routes.cc
// sources: src/services/apigateway/model/selection.cc
// sources: src/services/apigateway/model/content_coding.cc
// sources: src/services/lambda/model/policy.cc src/services/lambda/model/name.cc
// sources: src/services/iam/model/policy_document.cc src/services/s3/model/bucket_policy.cc
// sources: src/services/s3/model/policy_actions.cc src/services/s3/model/version_id.cc
// sources: src/services/s3/model/names.cc src/core/clock.cc
// libraries: -lre2 -lz
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "services/apigateway/model/content_coding.h"
#include "services/apigateway/model/integration_uri.h"
#include "services/apigateway/model/routes.h"
#include "services/apigateway/model/selection.h"
#include "services/iam/model/policy_document.h"
#include "services/lambda/model/name.h"
#include "services/lambda/model/policy.h"
#include "services/logs/model/filter_pattern.h"
#include "services/route53/model/name.h"
#include "services/route53/model/rdata.h"
#include "services/s3/model/bucket_policy.h"
#include "services/s3/model/conditions.h"
#include "services/s3/model/names.h"
#include "services/s3/model/policy_actions.h"
#include "services/s3/model/version_id.h"

namespace {

using namespace tandem;

void read_record(std::string_view text) {
  constexpr std::string_view kTypes[] = {"A",  "AAAA", "CAA", "CNAME", "DS",  "MX", "NAPTR",
                                         "NS", "PTR",  "SOA", "SPF",   "SRV", "TXT"};
  for (const std::string_view name : kTypes) {
    const auto type = route53::type_from_text(name);
    if (!type) continue;
    const auto bytes = route53::parse_rdata(*type, text);
    if (!bytes) continue;
    const auto again = route53::parse_rdata(*type, route53::rdata_text(*type, bytes.value()));
    if (!again || again.value() != bytes.value()) std::abort();
  }
}

void read_name(std::string_view text) {
  const auto name = route53::parse_name(text);
  if (!name) return;
  const auto again = route53::parse_name(name.value().text);
  if (!again || again.value() != name.value()) std::abort();
  if (route53::name_from_wire(name.value().wire) != name.value()) std::abort();
}

void read_pattern(std::string_view text) {
  const auto pattern = logs::FilterPattern::parse(text);
  if (!pattern) return;
  pattern.value().matches(text);
  if (pattern.value().matches_everything() && !pattern.value().matches("")) std::abort();
}

void read_range(std::string_view text) {
  constexpr std::uint64_t kSize = 1000;
  const auto range = s3::parse_range(text, kSize);
  if (!range) return;
  const bool inside = range->first < kSize && range->length <= kSize - range->first;
  if (!inside || range->length == 0) std::abort();
}

void read_path(std::string_view text) {
  apigateway::Routes routes;
  routes.add("/todos/{id}", 1);
  routes.add("/{proxy+}", 2);
  apigateway::PathParameters parameters;
  routes.find("/" + std::string(text), parameters);
}

/// Whatever an integration's URI says and a client puts into it, one request line comes of it.
void read_integration(std::string_view text) {
  const json::object variables{{"name", "value"}};
  apigateway::function_arn_of(text, &variables);
  if (const auto uri = apigateway::parse_aws_uri(text)) {
    apigateway::names_other_region(*uri, "us-east-1");
  }
  const auto uri = apigateway::parse_http_uri(text);
  const auto path = apigateway::fill_path(uri ? uri->path : "/{p}", {{"p", std::string(text)}});
  std::string query = uri ? uri->query : "";
  apigateway::append_query(query, {{std::string(text), std::string(text)}});
  const std::string target = path.value_or("/") + "?" + query;
  if (!uri && path && path->find_first_of(" ?#\r\n\t") != std::string::npos) std::abort();
  if (target.find_first_of(std::string_view("\r\n \0", 4)) != std::string::npos) std::abort();
}

/// A pattern that is one matches in linear time, itself as a text, too.
void read_selection(std::string_view text) {
  const auto pattern = apigateway::SelectionPattern::parse(text);
  if (pattern) pattern.value().matches(text);
}

void read_function(std::string_view text) {
  lambda::parse_reference(text, "", "us-east-1", "123456789012");
}

void read_policy(std::string_view text) {
  iam::counted_size(text);
  lambda::arn_like(text, "arn:aws:execute-api:us-east-1:123456789012:abc/prod/GET/todos");
  lambda::arn_like("arn:aws:execute-api:*:*:*/*/GET/t?dos", text);
  iam::check_policy(text, iam::PolicyKind::kTrust);
}

/// What was accepted is accepted again from its text, and is as public as it was.
void read_bucket_policy(std::string_view text) {
  s3::matches_pattern(text, "arn:aws:s3:::bucket/key");
  s3::matches_pattern("a*b?*", text);
  const json::object policy = s3::parse_bucket_policy(text, "bucket");
  const json::object again = s3::parse_bucket_policy(json::to_text(policy), "bucket");
  if (again != policy || s3::is_public_policy(again) != s3::is_public_policy(policy)) std::abort();
}

void read_version(std::string_view text) {
  s3::version_order(text);
  s3::parse_copy_source(text);
}

void read_codings(std::string_view text) {
  apigateway::preferred_coding(text);
  apigateway::body_coding(text);
  const auto size = apigateway::read_minimum_compression(text);
  if (size && (*size < 0 || *size > apigateway::kLargestMinimumCompression)) std::abort();
}

void read(char kind, std::string_view text) {
  switch (kind) {
    case 'r':
      return read_record(text);
    case 'n':
      return read_name(text);
    case 'f':
      return read_pattern(text);
    case 'b':
      return read_range(text);
    case 'p':
      return read_path(text);
    case 'a':
      return read_integration(text);
    case 's':
      return read_selection(text);
    case 'l':
      return read_function(text);
    case 'i':
      return read_policy(text);
    case 'k':
      return read_bucket_policy(text);
    case 'c':
      return read_codings(text);
    case 'v':
      return read_version(text);
    default:
      return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) return 0;
  try {
    read(bytes.front(), bytes.substr(1));
  } catch (const aws::ApiError&) {
    // The answer a caller gets.
  }
  return 0;
}
