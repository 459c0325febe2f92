"""What a plan holds beside courses: practice on the job, activities, reviews, progress."""
