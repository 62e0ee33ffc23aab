// Any bytes given as a template end in a parsed template or an AWS error, never in a crash, a hang
// or unbounded memory. Built with clang's libFuzzer; the model compiles without coroutines.
//
// sources: src/aws/policy_wildcard.cc src/aws/trust_policy.cc
// sources: src/core/bytes.cc src/core/check.cc src/core/text.cc src/core/json.cc
// sources: src/aws/xml_text.cc src/aws/arn.cc
// sources: src/services/cloudformation/model/*.cc src/services/cloudformation/errors.cc
// libraries: -lyaml-cpp
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "aws/error.h"
#include "aws/trust_policy.h"
#include "services/cloudformation/model/custom_response.h"
#include "services/cloudformation/model/evaluate.h"
#include "services/cloudformation/model/parameters.h"
#include "services/cloudformation/model/references.h"
#include "services/cloudformation/model/stack_policy.h"
#include "services/cloudformation/model/template.h"

namespace {

using namespace tandem;
using namespace tandem::cloudformation;

class AnyType final : public TypeCatalog {
 public:
  bool knows(std::string_view) const override { return true; }
  bool has_attribute(std::string_view, std::string_view) const override { return true; }
};

class AnyValue final : public Resolver {
 public:
  json::value ref(std::string_view) override { return json::string(kUnknown); }
  json::value attribute(std::string_view, std::string_view) override { return "attribute"; }
  json::value import_value(std::string_view) override { return "imported"; }
};

void run(std::string_view text) {
  const Template source = parse_template(text);
  const PseudoParameters pseudo{"123456789012", "us-east-1", "arn:aws:cloudformation", "stack"};
  const ParameterTexts texts = resolve_parameters(source, {}, nullptr);
  Scope scope{source, parameter_values(source, texts), pseudo, {}};
  scope.conditions = evaluate_conditions(scope);
  check_references(source, AnyType());
  check_conditional_references(source, scope.conditions);
  dependencies_of(source, scope.conditions);
  AnyValue resolver;
  Evaluator evaluator(scope, resolver);
  for (const auto& resource : source.resources) evaluator.evaluate_object(resource.properties);
}

// The other texts of outside: they begin as JSON does, and so do some templates.
void run_documents(std::string_view text) {
  aws::lets_in(text, "cloudformation.amazonaws.com");
  read_wait_signal(text);
  read_custom_response(text, {"stack", "logical", "request"});
  StackPolicy::parse(text).denial("Logical", "AWS::S3::Bucket", UpdateAction::kReplace);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    run_documents({reinterpret_cast<const char*>(data), size});
  } catch (const aws::ApiError&) {
    // No policy.
  }
  try {
    run({reinterpret_cast<const char*>(data), size});
  } catch (const aws::ApiError&) {
    // The answer a caller gets.
  }
  return 0;
}
