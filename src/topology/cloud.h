// What is there, read through AWS's API: stacks and their resources, tables, buckets. Nothing is
// remembered between two questions, and nothing is changed.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/api.h"
#include "aws/error.h"
#include "core/task.h"

namespace tandem::topology {

struct DeployError : std::exception {
  explicit DeployError(std::string text) : message(std::move(text)) {}
  const char* what() const noexcept override { return message.c_str(); }
  std::string message;
};

/// The topology does not fit what is deployed; nothing was changed. The message says what would.
struct Refused : DeployError {
  using DeployError::DeployError;
};

/// A stack that is not deleted.
struct StackState {
  std::string region;
  std::string name;
  std::string id;
  std::string status;  ///< CloudFormation's: "CREATE_COMPLETE" …
  std::string description;
};

/// A resource of a stack.
struct ResourceState {
  std::string logical_id;
  std::string type;
  std::string physical_id;  ///< empty while there is none
};

/// Borrows api. Throws what it throws.
class Cloud {
 public:
  explicit Cloud(aws::Api& api) : api_(api) {}

  Task<json::object> call(std::string region, std::string service, std::string operation,
                          json::object input, std::string payload = "");
  Task<std::vector<StackState>> stacks(std::string region);
  /// DescribeStacks' answer, or an empty object when there is no such stack.
  Task<json::object> stack(std::string region, std::string name);
  /// The same once no operation runs on it: an interrupted command's may still. Throws DeployError
  /// after limit.
  Task<json::object> stack_at_rest(std::string region, std::string name,
                                   std::chrono::seconds limit = std::chrono::seconds(600));
  /// None when there is no such stack.
  Task<std::vector<ResourceState>> resources(std::string region, std::string stack);
  /// DescribeChangeSet's answer once it is made, or cannot be (Status FAILED). Throws DeployError
  /// when that takes too long.
  Task<json::object> await_change_set(std::string region, std::string stack, std::string name);
  Task<std::vector<std::string>> tables(std::string region);
  /// DescribeTable's Table; nothing when there is none.
  Task<std::optional<json::object>> table(std::string region, std::string name);
  /// Counted now: DescribeTable's ItemCount is up to six hours old on AWS.
  Task<std::uint64_t> count_items(std::string region, std::string table);
  Task<std::vector<std::string>> buckets(std::string region);
  Task<std::uint64_t> count_objects(std::string region, std::string bucket);

  /// All entries of list over all pages: `token` of an answer is `next` of the next question.
  struct Paging {
    std::string list;
    std::string token;
    std::string next;
  };
  Task<json::array> pages(std::string region, std::string service, std::string operation,
                          json::object input, Paging paging);

 private:
  aws::Api& api_;
};

/// Of DescribeStacks' answer.
std::map<std::string, std::string> outputs_of(const json::object& stack);
std::map<std::string, std::string> parameters_of(const json::object& stack);

/// The other regions that hold the table, as DescribeTable says, by their state ("ACTIVE" …).
std::map<std::string, std::string> replicas_of(const json::object& table);

/// True of a stack whose creation or deletion failed: nothing of it is in use.
bool can_only_be_deleted(std::string_view stack_status);

/// True for the errors by which services say that what is asked for is not there.
bool is_missing(const aws::ApiError& error);

}  // namespace tandem::topology
