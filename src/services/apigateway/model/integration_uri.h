// The URIs of integrations with AWS:
//   arn:aws:apigateway:<region>:[<subdomain>.]<service>:path/<path>
//   arn:aws:apigateway:<region>:[<subdomain>.]<service>:action/<action>[&<key>=<value>...]
// and that of a function,
//   arn:aws:apigateway:<region>:lambda:path/2015-03-31/functions/<function ARN>/invocations.
// Stage variables, ${stageVariables.name}, may stand anywhere in a URI.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"

namespace tandem::apigateway {

struct AwsUri {
  enum class Form { kPath, kAction } form = Form::kPath;
  std::string region;
  std::string subdomain;  ///< a bucket's or an account's; empty: none
  std::string service;
  std::string rest;  ///< after "path/" or "action/"
};

enum class UriCheck { kFine, kNotAnArn, kNoPath };
UriCheck check_aws_uri(std::string_view uri);
/// Nothing when the check is not kFine.
std::optional<AwsUri> parse_aws_uri(std::string_view uri);

/// Whether it invokes a function; without the function's name it does not.
bool names_function(const AwsUri& uri);
/// Whether it is, or leads to, another region's than this. One that a stage variable names is not
/// known yet.
bool names_other_region(const AwsUri& uri, std::string_view region);

/// "https://host/path" with or without a query. The host may be a stage variable.
bool is_http_uri(std::string_view uri);

struct HttpUri {
  bool tls = false;
  std::string host;  ///< lower case; an IPv6 address in its brackets
  std::uint16_t port = 0;
  std::string path;   ///< with its placeholders, at least "/"
  std::string query;  ///< as it is written
};
/// Of a URI whose stage variables are filled in; nothing when they have left no host to ask.
std::optional<HttpUri> parse_http_uri(std::string_view uri);

using NamedTexts = std::vector<std::pair<std::string, std::string>>;
/// A path with each {name} filled in, fit for a request line; nothing when a name has no value. A
/// value is put in as the client has sent it, escapes and all, and can end the path no more than it
/// can add a query.
std::optional<std::string> fill_path(std::string_view path, const NamedTexts& values);
/// Adds "a=1&b=2", percent-encoded, to what query holds.
void append_query(std::string& query, const NamedTexts& values);

/// With each ${stageVariables.name} filled in; an unknown variable is empty text.
std::string fill_stage_variables(std::string_view text, const json::object* variables);
/// The function's ARN with variables filled in. Empty when the URI does not name a function.
std::string function_arn_of(std::string_view uri, const json::object* variables);

}  // namespace tandem::apigateway
