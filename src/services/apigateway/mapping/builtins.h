// $input and $util.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "services/apigateway/mapping/engine.h"
#include "services/apigateway/mapping/json_path.h"
#include "services/apigateway/mapping/template.h"

namespace tandem::apigateway::mapping {

class InputHost : public Host {
 public:
  explicit InputHost(const Input& input) : input_(input) {}
  Value property(Engine& engine, std::string_view name) override;
  std::optional<Value> call(Engine& engine, std::string_view name,
                            const std::vector<Value>& arguments) override;

 private:
  Value body(Engine& engine);
  /// The body as JSON; null when it is none. What templates change in it stays changed.
  const Value& document(Engine& engine);
  std::optional<Value> find(Engine& engine, const std::string& path);
  Value params(Engine& engine);
  Value param(Engine& engine, const std::string& name);

  const Input& input_;
  std::optional<Value> body_;
  std::optional<Value> document_;
  std::optional<Value> params_;
  std::unordered_map<std::string, JsonPath> paths_;
};

class UtilHost : public Host {
 public:
  std::optional<Value> call(Engine& engine, std::string_view name,
                            const std::vector<Value>& arguments) override;
};

}  // namespace tandem::apigateway::mapping
