// Boost.JSON compiled in, so that the package needs no shared library of Boost's.
#include <boost/json/src.hpp>
