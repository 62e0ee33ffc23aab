// The todo API: from API Gateway's proxy event to its proxy result.
//
//   POST   /todos          {"text", "checked"?}   201 the todo
//   GET    /todos          ?limit=1…1000&next=    200 [todo …]; x-next when there is more
//   GET    /todos/{id}                            200 the todo, 404
//   PUT    /todos/{id}     {"text", "checked"}    200 the todo, 404
//   DELETE /todos/{id}                            204, 404
//   GET    /todos/health                          200 or 503
//   OPTIONS on each                               204
//
// Errors are {"message": …}: 400 for invalid input, 503 when the table does not answer.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "store.h"

namespace todo {

class Api {
 public:
  struct World {
    std::function<std::int64_t()> now_ms;
    std::function<std::string()> new_id;
  };
  /// Borrows the store. region goes into the x-region field of every answer.
  Api(TodoStore& store, std::string region, World world);

  /// event and result are JSON (Lambda proxy integration, payload format 1.0).
  std::string handle(std::string_view event);

 private:
  struct Request;
  struct Answer;
  Answer route(const Request& request);
  Answer on_collection(const Request& request);
  Answer on_item(const Request& request);
  Answer create(const Request& request);
  Answer list(const Request& request);
  Answer list_all();
  Answer health();

  TodoStore& store_;
  std::string region_;
  World world_;
};

/// RFC 9562 version 4, from the kernel's random numbers.
std::string new_uuid();
std::int64_t system_now_ms();

}  // namespace todo
