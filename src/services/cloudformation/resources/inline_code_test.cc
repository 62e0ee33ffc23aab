#include "services/cloudformation/resources/inline_code.h"

#include <gtest/gtest.h>

#include "services/cloudformation/resources/handler.h"

namespace tandem::cloudformation {
namespace {

/// Template Reference, AWS::Lambda::Function Code: "This zip file cannot exceed 4MB."
TEST(InlineCode, HasALimit) {
  const auto function = [](std::size_t bytes) {
    return json::object{{"Runtime", "python3.12"},
                        {"Code", json::object{{"ZipFile", std::string(bytes, 'x')}}}};
  };
  constexpr std::size_t kBeside = 30 + 46 + 22 + 2 * 8;  // the zip's headers and "index.py", twice
  EXPECT_NO_THROW(check_inline_code(function(4 * 1024 * 1024 - kBeside)));
  EXPECT_THROW(check_inline_code(function(4 * 1024 * 1024 - kBeside + 1)), HandlerError);
}

TEST(InlineCode, IsNotWhatBucketsHold) {
  const json::object function{{"Runtime", "java21"}, {"Code", json::object{{"S3Key", "f.zip"}}}};
  EXPECT_NO_THROW(check_inline_code(function));
  EXPECT_EQ(packed_inline_code(function), "");
}

}  // namespace
}  // namespace tandem::cloudformation
