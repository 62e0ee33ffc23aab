// API Gateway's mapping templates: the Velocity Template Language 1.7 with $input, $util, $context
// and $stageVariables (API Gateway developer guide, "Mapping template and access logging variable
// reference"). Pure: a template is parsed once and rendered any number of times, from any thread.
//
// Parsing and rendering a large body takes its time: whoever serves others meanwhile does it on the
// pool.
//
// What a template may cost is bounded, whatever it says and whatever it reads: see limits.h. Beyond
// a bound, and where Velocity would throw, rendering fails, which API Gateway answers with 500 and
// logs as "Execution failed due to configuration error: Unable to transform request".
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/json.h"
#include "core/parsed.h"
#include "services/apigateway/mapping/limits.h"

namespace tandem::apigateway::mapping {

struct Program;

/// What a template reads. Everything is borrowed for the time of render(); the pointers are not
/// null.
struct Input {
  /// $input.body: the raw text of the request or of the integration's response. Empty reads as
  /// "{}".
  std::string_view body;
  /// $input.params(): name to its last value, names in the case they came in.
  const json::object* path = nullptr;
  const json::object* querystring = nullptr;
  /// Those that templates do not see (Connection, Transfer-Encoding, ...) are left out here.
  const json::object* header = nullptr;
  /// $context, without requestOverride and responseOverride. AWS's identity has its twelve fields
  /// even when they are null.
  const json::object* context = nullptr;
  const json::object* stage_variables = nullptr;
  /// What the request's template left; both survive into the response's.
  json::object request_override;
  json::object response_override;
};

struct Output {
  std::string text;
  /// $context.requestOverride: {"header": {...}, "path": {...}, "querystring": {...}} and whatever
  /// else was put there. Values are JSON: a list of values is an array.
  json::object request_override;
  /// $context.responseOverride: {"header": {...}, "status": ...}.
  json::object response_override;
};

class Template {
 public:
  /// The error's offset is where in the text the template is wrong.
  static core::Parsed<Template> parse(std::string_view text);

  /// The error says what failed and the offset of the reference or directive in the template.
  core::Parsed<Output> render(const Input& input, Allowance* allowance = nullptr) const;

 private:
  explicit Template(std::shared_ptr<const Program> program);

  std::shared_ptr<const Program> program_;
};

/// Whether templates see a request header of this name; API Gateway hides some (measured):
/// Connection, Content-Length, Content-MD5, Expect, Max-Forwards, Proxy-Authenticate, Server, TE,
/// Transfer-Encoding, Trailer, Upgrade, WWW-Authenticate.
bool is_visible_header(std::string_view name);

}  // namespace tandem::apigateway::mapping
