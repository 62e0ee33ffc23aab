// Todos in a DynamoDB table with the hash key "id".
#pragma once

#include "store.h"
#include "tandem/aws_client.h"

namespace todo {

class DynamoStore final : public TodoStore {
 public:
  /// Endpoint, region and credentials come from the environment. Throws std::runtime_error.
  explicit DynamoStore(std::string table);

  void put(const Todo& todo) override;
  std::optional<Todo> get(const std::string& id) override;
  std::optional<Todo> change(const std::string& id, const TodoChange& change,
                             std::int64_t now_ms) override;
  bool remove(const std::string& id) override;
  TodoPage list(std::size_t limit, const std::string& after) override;
  bool healthy() override;

 private:
  boost::json::object request() const;
  boost::json::object call(std::string_view operation, const boost::json::object& input);

  std::string table_;
  tandem::lambda_runtime::AwsJsonClient client_;
  tandem::lambda_runtime::AwsJsonClient health_client_;  ///< one attempt, a connection of its own
};

}  // namespace todo
