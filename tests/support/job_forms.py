"""What an admin types into the form of a job."""

JOB = {
    "title": "Field technician",
    "description": "Repairs.",
    "location": "Braga",
    "workplace": "hybrid",
    "employment_type": "part_time",
    "salary_range": "€ 30,000",
}


def rows(*prompts: str) -> dict[str, str]:
    typed: dict[str, str] = {}
    for index, prompt in enumerate(prompts):
        values = {
            "prompt": prompt,
            "think_s": "20",
            "limit_s": "90",
            "takes": "3",
        }
        typed |= {f"questions-{index}-{field}": value for field, value in values.items()}
    return typed
